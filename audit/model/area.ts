/** The subject of a check, by which reports group checks. */
export type Area =
  | 'preconditions'
  | 'configuration'
  | 'transport'
  | 'health'
  | 'cors-browser'
  | 'cors-http'
  | 'tokens'
  | 'isolation'
  | 'exposure'
  | 'headers'
  | 'limits'
  | 'secrets'
  | 'self-check';
