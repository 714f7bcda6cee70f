/** Types of what is gathered for judges. Their values are redacted at the source and are plain JSON. */

/** Whose credentials a request carried. */
export type Actor = 'anonymous' | 'tenant A' | 'tenant B' | 'limited tenant';

export type SentRequest = {
  method: string;
  url: string;
  headers: readonly (readonly [name: string, value: string])[];
  body?: string;
};

export type HttpResponse = {
  status: number;
  /** Names in lower case; a header sent twice has two values. */
  headers: Readonly<Record<string, readonly string[]>>;
  body: string;
};

/**
 * The bad token that is the control; a search, which does not list everything; a path override, which a target may ignore; another spelling
 * of a path or method, which a proxy may reject before the target.
 */
export type Step = 'search' | 'path-override' | 'spelling';

/** What a request was sent for, which determines its tenants. */
export type Scope = Pick<Exchange, 'evidence' | 'part'>;

/** One request, and its response or the reason why there was none. */
export type Exchange = {
  /** Its line in the ledger. */
  id: string;
  /** Name of the evidence that it was sent for; each piece has its own tenants. */
  evidence: string;
  /** The part of the evidence, where that has tenants of its own. */
  part?: string;
  actor: Actor;
  /** What the request is about, in a few words for readers. No judge reads it. */
  purpose: string;
  /** Set where judges treat the request differently from others of its kind. */
  step?: Step;
  /** Id of the exchange that this one repeats. */
  retryOf?: string;
  /** Ids of the exchanges after which this one shows whether the target still responds. */
  controlOf?: readonly string[];
  request: SentRequest;
  response?: HttpResponse;
  error?: string;
  /** Names of secrets whose exact value is in the response. */
  leaked: readonly string[];
  /** Milliseconds since the epoch when it was sent, and how long it took. */
  at: number;
  ms: number;
};

/** One fetch of a script in a real browser, and how the browser decided. */
export type BrowserExchange = Pick<Exchange, 'id' | 'evidence' | 'part' | 'actor' | 'purpose' | 'request' | 'leaked' | 'at' | 'ms'> & {
  /** The origin that the page should have, and the one that the browser reports. */
  expectedOrigin: string;
  pageOrigin: string;
  /** What the page's script could read; absent when the fetch was blocked. */
  read?: { status: number; headers: Readonly<Record<string, string>>; body: string };
  /**
   * Why the browser blocked the fetch, in its own words: from the DevTools protocol, such as MissingAllowOriginHeader.
   * AnswerWithheld where another engine received a response, did not give it to the script, and does not report why.
   */
  blockedBecause?: string;
  /** The preflight the browser sent, if it sent one, and the status it got. */
  preflight?: { status?: number };
  /** Status of the request on the network, also where the script could not read it. */
  status?: number;
  /** The platform's edge responded in place of the API: its responses have no CORS headers, so browsers report a CORS error. */
  edgeResponded: boolean;
  /** Whether the request itself (not its preflight) left the browser. */
  requestLeft: boolean;
};

/** Something established without HTTP: a TLS handshake, a file, the repository's history. */
export type Inspection = Pick<Exchange, 'id' | 'evidence' | 'at' | 'ms'> & {
  /** What was inspected, such as "git history: 212 files of 34 commits". */
  subject: string;
};

export type LedgerEntry = ({ kind: 'http' } & Exchange) | ({ kind: 'browser' } & BrowserExchange) | ({ kind: 'inspection' } & Inspection);
