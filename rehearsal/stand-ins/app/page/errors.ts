/** There was no usable response. The same request may succeed later. */
export class Unavailable extends Error {
  readonly retryAfterMs: number | undefined;

  /** @param message for the user */
  constructor(message: string, retryAfterMs?: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }

  /** @param retryAfterMs what the response states */
  static ofStatus(status: number, retryAfterMs: number | undefined): Unavailable | undefined {
    if (status === 429) return new Unavailable('Too many requests.', retryAfterMs);
    return status >= 500 ? new Unavailable('The server is not available.', retryAfterMs) : undefined;
  }
}

/** The user can correct what was sent. The message is for the user. */
export class Rejected extends Error {}

/** The session has expired or was ended elsewhere. */
export class SignedOut extends Error {}

/** For a rejected `fetch`: there was no response. */
export function toUnavailable(error: unknown): never {
  throw error instanceof TypeError ? new Unavailable('The server cannot be reached.') : error;
}
