/** Name under which a check hands its verdict to the reporter. */
export const VERDICT_ATTACHMENT = 'verdict';
