/** Settings of an API that is not ours. */
export type ThirdPartySettings = {
  /** The HS256 key of its tokens. */
  readonly jwtSecret: string;
  /** The one origin whose pages may call it. */
  readonly appOrigin: string;
  /** For each user, and for each address without a valid token. */
  readonly requestsPerMinute: number;
  /** The users that exist; without them any valid token is accepted. */
  readonly users?: readonly string[];
};

/** An API other than ours, with its own contract. */
export type ThirdPartyApi = {
  /** Its OpenAPI document, as an object or as text in YAML. */
  readonly contract: object | string;
  /** Listens on 127.0.0.1 without TLS, which the edge adds. Resolves with the port. */
  listen(): Promise<number>;
  /** The objects of all users: ever created, and stored now. */
  count(): { created: number; stored: number };
  close(): Promise<void>;
};
