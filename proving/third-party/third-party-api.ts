/** What an API that is not ours is started with. */
export type ForeignSettings = {
  /** The HS256 key of its tokens. */
  readonly jwtSecret: string;
  /** The one origin whose pages may call it. */
  readonly appOrigin: string;
  /** Of each user, and of each address without a valid token. */
  readonly requestsPerMinute: number;
};

/** An API of another make, with a contract of its own. */
export type ForeignApi = {
  /** Its OpenAPI document. */
  readonly contract: object;
  /** Listens on 127.0.0.1, in plain http: TLS is the edge's. Resolves with the port. */
  listen(): Promise<number>;
  /** Objects ever created, and those in the store now, whoever owns them. */
  count(): { created: number; stored: number };
  close(): Promise<void>;
};
