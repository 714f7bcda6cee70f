/**
 * What a team decides for its API beyond what any API must do. A policy applies where the contract (`x-policies`) or the config file declares
 * it. Elsewhere a deviation from it is advice, which changes no verdict.
 */
export const POLICIES = {
  'problem-details': 'Errors are problem documents (RFC 9457)',
  'other-origins-rejected': 'Requests from origins that are not allowed get 403, also those that a browser would not let a page read',
  'exact-preflights': 'Preflights allow only methods and headers that pages need, for a day at most',
  'vary-on-every-response': 'Every response has Vary: Origin, also to requests without an origin',
  'rate-limit-headers': 'Every response states the remaining requests of the caller in RateLimit headers',
  'body-limit': 'A body of 64 KiB gets 413',
  'method-not-allowed': 'A method that an object or health does not support gets 405',
  'strict-parameters': 'A parameter that is sent twice and takes one value is rejected',
  'closed-health': 'Health and liveness state exactly the documented fields',
  'security-headers': "Every response has a content security policy of 'none', X-Frame-Options and a private referrer policy",
} as const;

export type Policy = keyof typeof POLICIES;

export const policyIds = Object.keys(POLICIES) as Policy[];

export function isPolicy(id: unknown): id is Policy {
  return typeof id === 'string' && Object.hasOwn(POLICIES, id);
}
