/** The authenticated user. */
export type Caller = { userId: string };

/** `expiresAt` in milliseconds since 1970. */
export type VerifiedToken = { caller: Caller; expiresAt: number };

/** Returns the caller that a compact JWS identifies, or undefined if it is not valid. Never throws. */
export type VerifyToken = (token: string) => Caller | undefined;
