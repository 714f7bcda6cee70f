/** The authenticated user. */
export type Caller = { userId: string };

/** `expiresAt` in milliseconds since 1970. */
export type VerifiedToken = { caller: Caller; expiresAt: number };

/**
 * Returns the caller that a compact JWS identifies, or undefined if it is not valid; a promise where the issuer's keys verify it. The
 * promise rejects with KeySetUnavailableError while no key set was fetched.
 */
export type VerifyToken = (token: string) => Caller | undefined | Promise<Caller | undefined>;
