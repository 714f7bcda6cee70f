/** A local host that allows every origin: a page that can read it has a working network. */
export const PERMISSIVE_ORIGIN = 'https://permissive-control.example';

/** Its response body: a proxy that responds for every host does not know it. */
export const PERMISSIVE_BODY = 'readable';
