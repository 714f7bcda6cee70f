import type { AttackClass } from '../check.ts';

/** A body in a media type with which a page can send a POST without a preflight. */
export type SimpleBody = {
  /** Undefined for a request without Content-Type, as for a Blob without a type. */
  type: string | undefined;
  body: string;
};

type MediaTypeClass = AttackClass & { encode(values: Readonly<Record<string, unknown>>): SimpleBody };

const BOUNDARY = 'audit-boundary';
const asJson = (type: string | undefined) => (values: object) => ({ type, body: JSON.stringify(values) });

/**
 * The rows of the matrix. Besides the three types of forms, browsers send reports and bodies without a type, and compare the part of a type
 * before its parameters only.
 */
export const mediaTypeClasses: readonly MediaTypeClass[] = [
  { name: 'JSON as text/plain', source: 'asvs-3.5.2', encode: asJson('text/plain') },
  { name: 'JSON without a content type', source: 'fetch-safelisted', encode: asJson(undefined) },
  { name: 'JSON with an empty content type', source: 'fetch-safelisted', encode: asJson('') },
  { name: 'JSON as text/plain with application/json as a parameter', source: 'fastify-content-type', encode: asJson('text/plain; application/json') },
  { name: 'JSON as TEXT/PLAIN with charset', source: 'fetch-safelisted', encode: asJson('TEXT/PLAIN;charset=UTF-8') },
  { name: 'JSON as a form', source: 'asvs-3.5.2', encode: asJson('application/x-www-form-urlencoded') },
  { name: 'JSON as multipart/form-data', source: 'fastify-content-type', encode: asJson('multipart/form-data; boundary=application/json') },
  { name: 'JSON as a report', source: 'reporting', encode: asJson('application/csp-report') },
  { name: 'JSON as reports', source: 'reporting', encode: asJson('application/reports+json') },
  {
    name: 'a form',
    source: 'csrf-sheet',
    encode: (values) => ({ type: 'application/x-www-form-urlencoded', body: new URLSearchParams(textsOf(values)).toString() }),
  },
  {
    name: 'a multipart form',
    source: 'csrf-sheet',
    encode: (values) => ({
      type: `multipart/form-data; boundary=${BOUNDARY}`,
      body: `${textsOf(values)
        .map(([name, value]) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
        .join('')}--${BOUNDARY}--\r\n`,
    }),
  },
];

/** Forms have texts only. */
function textsOf(values: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(values).flatMap(([name, value]): [string, string][] => (typeof value === 'string' ? [[name, value]] : []));
}
