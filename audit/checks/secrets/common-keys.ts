/** Secrets from tutorials, templates, container images and word lists. */
export const COMMON_WORDS =
  'secret secretkey secret_key secret-key supersecret super-secret superSecret mysecret my-secret my_secret_key topsecret changeme change-me change_me changeit password passw0rd admin test testing development dev default example jwt jwtsecret jwt_secret jwt-secret JWT_SECRET your-secret-key your_secret_key your-256-bit-secret your-jwt-secret key private token tokensecret auth authsecret hmac hs256 123456 12345678 1234567890 qwerty letmein shhhhh development-secret-do-not-use-in-production a-string-secret-at-least-256-bits-long better-auth-secret-123456789 better-auth-secret-12345678901234567890 your-super-secret-jwt-token-with-at-least-32-characters-long'.split(
    ' ',
  );

/** Examples in the documentation of frameworks and libraries, and what a setting that was not substituted leaves. */
const EXAMPLES = [
  'super-secret-jwt-token-with-at-least-32-characters-long',
  'your-384-bit-secret',
  'your-512-bit-secret',
  'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
  'shhhhhhared-secret',
  'keyboard cat',
  'hard!to-guess_secret',
  'DO NOT USE THIS VALUE. INSTEAD, CREATE A COMPLEX SECRET AND KEEP IT SAFE OUTSIDE OF THE SOURCE CODE.',
  'it is very secret',
  'bezKoderSecretKey',
  'undefined',
  'null',
  'None',
  'process.env.JWT_SECRET',
  '$JWT_SECRET',
  '${JWT_SECRET}',
  '<your-secret>',
  '',
];

const PREFIXES =
  'my|your|our|the|a|some|this is my|this is a|super|my super|your super|very|my very|your very|top|app|my app|your app|api|my api|your api|jwt|my jwt|your jwt|auth|access|refresh|session|cookie|token|secret|private|shared|default|production|prod|development|dev|local|test|staging|example|sample|demo|dummy|fake|temp|change|random|long|strong|secure|node|express|nest|next|django|flask|fastapi|spring|laravel|rails|go|supabase|client|server|backend|web|mobile|project|company|user|admin|root|todo|tasks|blog|shop|chat|hs256|hmac|signing|encryption|master|main'
    .split('|')
    .map((words) => words.split(' '));
const NOUNS =
  'secret|key|token|password|secret key|private key|jwt|jwt secret|jwt key|jwt secret key|jwt token|token secret|auth secret|super secret|super secret key|signing key|passphrase|string'
    .split('|')
    .map((words) => words.split(' '));
const ENDINGS = '|1|12|123|1234|12345|123456|2023|2024|2025|2026|here|value|change me|change this|change in production'
  .split('|')
  .map((words) => words.split(' ').filter(Boolean));
const SEPARATORS = ['-', '_', '', ' '];
const LENGTHS = [8, 16, 32, 64];
const SEQUENCES = ['1234567890', '0123456789', '0123456789abcdef', 'abcdefghijklmnopqrstuvwxyz'];

/**
 * Keys that an attacker tries first, each with its kind: about 100,000, in a fixed order, the likeliest first. They are made from rules, as
 * the tools of attackers do it, and not from a published list.
 */
export function* commonKeys(): Generator<{ kind: string; key: string | Buffer }> {
  for (const key of COMMON_WORDS.flatMap(cased)) yield { kind: 'a common word', key };
  for (const key of EXAMPLES) yield { kind: 'an example or an empty setting', key };
  // Some libraries decode the setting.
  for (const key of [...COMMON_WORDS, ...EXAMPLES]) yield { kind: 'a common word in base64', key: Buffer.from(key).toString('base64') };
  for (const key of [...COMMON_WORDS, ...EXAMPLES]) yield { kind: 'a common word, decoded from base64', key: Buffer.from(key, 'base64') };
  for (const text of [...'0123456789abcdefghijklmnopqrstuvwxyz'.split(''), ...SEQUENCES, ...COMMON_WORDS])
    for (const length of LENGTHS) yield { kind: 'a repetition', key: text.repeat(Math.ceil(length / Math.max(1, text.length))).slice(0, length) };
  for (const ending of ENDINGS)
    for (const noun of NOUNS)
      for (const prefix of PREFIXES)
        for (const separator of SEPARATORS) yield { kind: 'common words', key: [...prefix, ...noun, ...ending].join(separator) };
  for (const noun of NOUNS)
    for (const prefix of PREFIXES) {
      const words = [...prefix, ...noun];
      const [first = '', ...rest] = words.map(capitalized);
      yield { kind: 'common words', key: [first, ...rest].join('') };
      yield { kind: 'common words', key: [first.toLowerCase(), ...rest].join('') };
      yield { kind: 'common words', key: words.join('_').toUpperCase() };
    }
}

function cased(word: string): string[] {
  return [...new Set([word, capitalized(word), word.toUpperCase()])];
}

function capitalized(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}
