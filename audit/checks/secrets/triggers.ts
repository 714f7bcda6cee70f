/**
 * What a text must contain for a rule of the scanner to report anything, as regular expressions by rule. They are simpler than the rules' own:
 * most texts contain none of them, and the scanner needs a hundred times as long to come to the same result. They are applied to bytes as
 * latin1, in which a character outside ASCII has up to three characters.
 */
const TRIGGERS: Readonly<Record<string, string>> = {
  aws: '(?:SECRET|secret|Secret)_?(?:ACCESS|access|Access)_?(?:KEY|key|Key)',
  // A name in JSON may be written with escapes.
  gcp: String.raw`private_key_id|\\u00[5-7]`,
  privatekey: '-----BEGIN ?(?:[A-Z]+ )?PRIVATE KEY',
  npm: 'npm_[A-Za-z0-9_]{36}|_authToken=[^$]|:x-oauth-basic@github',
  basicauth: '(?:https?|ftps?)://[-a-zA-Z0-9_]{1,256}:[-a-zA-Z0-9_]{1,256}@',
  slack: `(?:xox[bpaor]|xapp)-|${inAnyCase('hooks.slack.com/services/')}`,
  sendgrid: String.raw`SG\.\w{1,128}\.\w`,
  shopify: 'shp(?:pa|ca|at|ss)_[a-zA-Z0-9]{32}',
  stripe: '[rs]k_(?:live|test)_[a-zA-Z0-9]{24}',
  github: 'gh[pousr]_[A-Za-z0-9_]{36}|github_pat_|ghs_[0-9]{1,20}_',
  gitlab: 'glpat-',
  grafana: 'glc_[A-Za-z0-9+/]{32}|glsa_[A-Za-z0-9]{32}_',
  openai: 'T3BlbkFJ',
  anthropic: 'sk-ant-api0',
  groq: 'gsk_[a-zA-Z0-9]{52}',
  huggingface: 'hf_[a-zA-Z]{34}',
  linear: 'lin_api_',
  notion: 'ntn_[0-9]{11}',
  '1password': 'ops_ey',
  'database-connection-string': `(?:${['mongodb', 'mysql', 'mysqlx', 'postgres', 'postgresql'].map(inAnyCase).join('|')}|${inAnyCase('mongodb+srv')})://[^:/]{1,300}:[^@/]{1,600}@`,
  'hashicorp-vault': String.raw`hv[sbr]\.[A-Za-z0-9_-]{90}`,
  vercel: 'vc[piark]_[A-Za-z0-9]{20}',
  databricks: 'dapi[A-Fa-f0-9]{32}',
  docker: 'dckr_pat_',
  figma: 'figd_',
  cloudflare: 'cf(?:k|ut|at)_[A-Za-z0-9]{40}',
  tailscale: 'tskey-[a-z]{2}',
};

/** The version of the rules that the triggers were written for. With another one, every rule reads every text. */
export const TRIGGERS_FOR = '13.0.7';

const ANY = new RegExp(Object.values(TRIGGERS).join('|'));
const EACH = new Map(Object.entries(TRIGGERS).map(([rule, trigger]) => [rule, new RegExp(trigger)]));

/** Whether a rule of the scanner can report something in the text. */
export function isTriggered(text: string): boolean {
  return ANY.test(text);
}

/** Whether this rule can report something in the text. An unknown rule can. */
export function triggers(rule: string, text: string): boolean {
  return EACH.get(rule)?.test(text) ?? true;
}

function inAnyCase(text: string): string {
  return text.replaceAll(/[a-z]|[.+]/g, (character) => (/[a-z]/.test(character) ? `[${character}${character.toUpperCase()}]` : `\\${character}`));
}
