import type { Ground } from './test-environment.ts';

/** One fault the service has to survive under load. A new one is added to `registry.ts`; nothing else needs to know it. */
export type Scenario = {
  /** What the command line calls it: kebab-case, unique. */
  readonly name: string;
  /** What is done to the service, in a few words, for the table. */
  readonly title: string;
  /** Why it cannot be run on this machine; undefined, like an absent function, when it can. */
  obstacle?(): string | undefined;
  /**
   * Starts what it needs, does the damage under load, stops everything it started and leaves PostgreSQL running.
   * @throws when it could not be carried out, which says nothing good of the service, or the reason of `ground.signal`
   */
  run(ground: Ground): Promise<Figures>;
};

/** What a scenario measured. The service survived when there are no breaches. */
export type Figures = {
  /** Sent by users and probes; health and liveness checks are not counted. */
  readonly requests: number;
  /** Answered 2xx. */
  readonly succeeded: number;
  /** Answered 503 with Retry-After. */
  readonly unavailable: number;
  /** All others: another status, a 503 without Retry-After, a cut connection, no answer in 30 s. */
  readonly other: number;
  readonly slowestMs: number;
  /** Creations answered 201 and updates answered 200. */
  readonly acknowledged: number;
  /** Acknowledged writes that are not in the database. */
  readonly lost: number;
  /** Rows too many: what was sent once, or with one key, and is there more than once. */
  readonly doubled: number;
  /** From the database's return to the first success; the longest where it returned several times, undefined when there was none. */
  readonly recoveryMs: number | undefined;
  /** Answers of `/health` that were not true, late or missing. */
  readonly healthWrong: number;
  /** Every bound that did not hold, one sentence each. */
  readonly breaches: readonly string[];
};
