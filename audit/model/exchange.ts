/** Types alone: what is gathered for judges. Everything in them is redacted at the source and is plain JSON. */

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

/** The bad token that serves as a control; a search, which does not list everything; a path override, which a target may ignore. */
export type Step = 'control' | 'search' | 'path-override';

/** One request and what came of it: an answer, or the reason why there was none. */
export type Exchange = {
  /** Its line in the ledger. */
  id: string;
  /** Name of the evidence that it was sent for; each has its own tenants. */
  evidence: string;
  actor: Actor;
  /** What the request is about, in a few words for readers. No judge reads it. */
  purpose: string;
  /** Which request of its kind it is, where judges treat it differently. */
  step?: Step;
  /** Id of the exchange that this one repeats. */
  retryOf?: string;
  request: SentRequest;
  response?: HttpResponse;
  error?: string;
  /** Names of secrets whose exact value stood in the answer. */
  leaked: readonly string[];
  /** Milliseconds since the epoch when it was sent, and how long it took. */
  at: number;
  ms: number;
};

/** One fetch of a script in a real browser, and how the browser ruled. */
export type BrowserExchange = {
  id: string;
  evidence: string;
  actor: Actor;
  purpose: string;
  /** The origin the page was meant to have, and the one the browser says it has. */
  wantedOrigin: string;
  pageOrigin: string;
  request: SentRequest;
  /** What the page's script could read; absent when the fetch was refused. */
  read?: { status: number; headers: Readonly<Record<string, string>>; body: string };
  /**
   * Why the browser refused, in its own words: from the DevTools protocol, such as MissingAllowOriginHeader. AnswerWithheld
   * where another engine had an answer, gave the script none, and does not say why.
   */
  refusedBecause?: string;
  /** The preflight the browser sent, if it sent one, and the status it got. */
  preflight?: { status?: number };
  /** Status of the request itself on the network, also where the script could not read it. */
  status?: number;
  /** The platform's edge answered in place of the API: its answers carry no CORS headers, and browsers blame CORS. */
  edgeAnswered: boolean;
  /** Whether the request itself (not its preflight) left the browser. */
  requestLeft: boolean;
  leaked: readonly string[];
  at: number;
  ms: number;
};

/** Something established without HTTP: a TLS handshake, a file, the repository's history. */
export type Inspection = {
  id: string;
  evidence: string;
  /** What was looked at, such as "git history: 212 files of 34 commits". */
  subject: string;
  at: number;
  ms: number;
};

export type LedgerEntry = ({ kind: 'http' } & Exchange) | ({ kind: 'browser' } & BrowserExchange) | ({ kind: 'inspection' } & Inspection);
