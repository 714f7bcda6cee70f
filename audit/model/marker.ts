/** Every object that the audit creates has this in its text, which distinguishes it from the objects of users. */
export const MARKER = 'audit-canary-';
