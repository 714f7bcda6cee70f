/**
 * The headers that the app's `vercel.json` would set on every response, and HSTS, which Vercel sets.
 * @param apiUrl the only other origin that the pages may call
 */
export function responseHeaders(apiUrl: string, isTls: boolean): Readonly<Record<string, string>> {
  const policy = {
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self'",
    'connect-src': `'self' ${new URL(apiUrl).origin}`,
    'form-action': "'self'",
    'base-uri': "'none'",
    'frame-ancestors': "'none'",
  };
  return {
    'Content-Security-Policy': Object.entries(policy)
      .map(([directive, sources]) => `${directive} ${sources}`)
      .join('; '),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'strict-origin-when-cross-origin',
    ...(isTls && { 'Strict-Transport-Security': 'max-age=63072000' }),
  };
}
