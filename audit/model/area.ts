/** What a check is about. Reports group by it. */
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
