import { randomBytes } from 'node:crypto';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Contract } from '../../contract/contract.ts';
import type { Json } from '../../contract/openapi-document.ts';
import type { Operation, Resource } from '../../contract/operations.ts';
import type { HttpRequest } from '../../gather/http-client.ts';
import { newCanaryText } from '../../gather/tenants.ts';
import { parseJson } from '../../model/json.ts';
import type { AttackClass } from '../check.ts';
import { wrongValues } from './wrong-values.ts';

/** A request with an odd body. Everything that could create an object contains the marker. */
export type OddBody = Pick<HttpRequest, 'bytes' | 'chunked' | 'headers'> & {
  row: string;
  purpose: string;
  /** The text that the bytes stand for. */
  body: string;
  /** Whether the contract or a standard permits it, so that it may succeed. */
  permitted: boolean;
  /** The same body without the coding, which shows whether the target has a limit. */
  plain?: true;
};

export type OddTarget = {
  contract: Pick<Contract, 'permits'>;
  resource: Resource;
  /** A creation or an update. */
  operation: Operation;
  properties: readonly (readonly [name: string, schema: Json])[];
};

const DECODED_BYTES = 200_000;
const DEPTH = 5_000;
const MANY = 3_000;

const row = (name: string, source: AttackClass['source'], bodies: (target: Builder) => Omit<OddBody, 'row'>[]) => ({ name, source, bodies });

/** What the classes build their bodies from. */
type Builder = OddTarget & {
  /** A valid body; its texts are new. */
  valid(fields?: object): Record<string, unknown>;
  /** Text that is JSON or not, permitted where the contract permits its value. */
  text(purpose: string, body: string): Omit<OddBody, 'row'>;
};

function coded(purpose: string, coding: string, body: string, bytes: Uint8Array, permitted: boolean): Omit<OddBody, 'row'> {
  return { purpose, body, bytes, permitted, headers: [['Content-Encoding', coding]] };
}

function typed(purpose: string, type: string, body: string, permitted: boolean, bytes?: Uint8Array): Omit<OddBody, 'row'> {
  return { purpose, body, permitted, headers: [['Content-Type', type]], ...(bytes && { bytes }) };
}

export const BODY_CLASSES = [
  row('compressed bodies', 'rfc9110-codings', ({ valid }) => {
    const [one, two, three, four] = [valid(), valid(), valid(), valid()].map((body) => JSON.stringify(body)) as [string, string, string, string];
    return [
      coded('a gzip body', 'gzip', one, gzipSync(one), true),
      coded('a deflate body', 'deflate', two, deflateSync(two), true),
      coded('a Brotli body', 'br', three, brotliCompressSync(three), true),
      coded('a body compressed twice', 'gzip, gzip', four, gzipSync(gzipSync(four)), true),
    ];
  }),
  row('broken and unknown content codings', 'rfc9110-codings', ({ valid }) => {
    const body = JSON.stringify(valid());
    const other = JSON.stringify(valid());
    return [
      coded('a gzip body that is cut short', 'gzip', body, gzipSync(body).subarray(0, 20), false),
      coded('random bytes as gzip', 'gzip', body, Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), randomBytes(60)]), false),
      coded('random bytes as Brotli', 'br', body, Buffer.concat([Buffer.from([0x8f]), randomBytes(60)]), false),
      // A server that knows no coding may read the body as it is.
      coded('an unknown content coding', 'audit-unknown', other, Buffer.from(other), true),
    ];
  }),
  row('compressed bodies beyond the size limit', 'compression-bombs', ({ valid }) => {
    const large = `${JSON.stringify(valid())}${' '.repeat(DECODED_BYTES)}`;
    const compressed = `${JSON.stringify(valid())}${' '.repeat(DECODED_BYTES)}`;
    return [
      { purpose: 'a body of 200 kB', body: large, permitted: true, plain: true },
      coded('200 kB as a gzip body of 300 bytes', 'gzip', compressed, gzipSync(compressed), false),
    ];
  }),
  row('chunked bodies', 'rfc9112-framing', ({ valid }) => [
    { purpose: 'a chunked body', body: JSON.stringify(valid()), permitted: true, chunked: true },
  ]),
  row('empty and blank bodies', 'rfc8259-json', ({ contract, operation }) => {
    const permitted = [undefined, {}].some((body) => contract.permits.body(operation, body));
    return ['', ' \r\n\t'].map((body) => ({ purpose: body === '' ? 'an empty body' : 'a blank body', body, permitted }));
  }),
  row('other encodings of text', 'rfc8259-json', ({ valid, resource: { textProperty } }) => {
    const [one, two, three] = [valid(), valid(), valid()].map((body) => JSON.stringify(body)) as [string, string, string];
    const bytes = Buffer.from(one.replace(`"${textProperty}":"`, `"${textProperty}":"\u0001`), 'latin1');
    return [
      // A parser may replace what is not UTF-8.
      typed('a body that is not UTF-8', 'application/json', one, true, Buffer.from(bytes.map((byte) => (byte === 1 ? 0xff : byte)))),
      typed('a UTF-16 body', 'application/json; charset=utf-16le', two, true, Buffer.from(two, 'utf16le')),
      typed('a body with a byte order mark', 'application/json', `\uFEFF${three}`, true),
    ];
  }),
  row('duplicate names', 'rfc8259-json', ({ valid, resource: { textProperty } }) => [
    { purpose: 'a property twice', body: JSON.stringify(valid()).replace('{', `{"${textProperty}":"${newCanaryText()}",`), permitted: true },
  ]),
  row('deep nesting', 'rfc8259-json', ({ valid, text, resource: { textProperty } }) => {
    const body = JSON.stringify(valid({ [textProperty]: 'NESTED' }));
    return [text('nesting in a property', body.replace('"NESTED"', `${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`))];
  }),
  row('numbers at their limits', 'rfc8259-json', ({ valid, text, resource: { textProperty, references } }) => {
    const [reference] = references;
    const numbers = ['1e309', '-0', '9007199254740993', '-1e-400', 'NaN', '0123'];
    const name = reference?.property ?? textProperty;
    return numbers.map((number) => {
      const body = JSON.stringify(valid({ [name]: 'NUMBER' }));
      return text(`the number ${number}`, body.replace('"NUMBER"', reference?.isList === true ? `[${number}]` : number));
    });
  }),
  row('long lists of references', 'api4-2023', ({ valid, text, resource: { references } }) =>
    references
      .filter(({ isList }) => isList)
      .map(({ property }) => text(`${MANY} references`, JSON.stringify(valid({ [property]: Array.from({ length: MANY }, () => 1) })))),
  ),
  row('text that is not what it seems', 'trojan-source', ({ valid, text, resource: { textProperty } }) =>
    (
      [
        ['a lone surrogate', String.raw`\ud800`],
        ['invisible and bidirectional characters', '\u200b\u202e\u2066\ufeff'],
      ] as const
    ).map(([purpose, odd]) => text(purpose, JSON.stringify(valid({ [textProperty]: `${newCanaryText()}ODD` })).replace('ODD', odd))),
  ),
  row('values of wrong types', 'input-sheet', ({ valid, text, properties }) =>
    properties.flatMap(([name, schema]) =>
      wrongValues(schema).map((value) => text(`${JSON.stringify(value)} as ${name}`, JSON.stringify(valid({ [name]: value })))),
    ),
  ),
  row('names of prototypes', 'prototype-pollution', ({ valid, text }) =>
    ['"__proto__":{"isAdmin":true}', '"constructor":{"prototype":{"isAdmin":true}}'].map((member) =>
      text(`the property ${member.slice(0, 13)}`, JSON.stringify(valid()).replace('{', `{${member},`)),
    ),
  ),
  row('undocumented media types', 'asvs-4.1.1', ({ valid, resource: { textProperty } }) => [
    typed('a form', 'application/x-www-form-urlencoded', `${textProperty}=${newCanaryText()}`, false),
    typed('JSON as text', 'text/plain', JSON.stringify(valid()), false),
    typed('XML', 'application/xml', `<o><${textProperty}>${newCanaryText()}</${textProperty}></o>`, false),
  ]),
] as const;

/** One entry for each class; empty where the class has no meaning for the operation. */
export function oddBodies(target: OddTarget): { name: string; bodies: OddBody[] }[] {
  const { operation, resource, contract } = target;
  const valid = (fields: object = {}): Record<string, unknown> => {
    const texts = Object.fromEntries(resource.textProperties.map((name) => [name, newCanaryText()]));
    return { ...(operation.sample as object), ...texts, ...fields };
  };
  const text = (purpose: string, body: string): Omit<OddBody, 'row'> => ({
    purpose,
    body,
    permitted: contract.permits.body(operation, parseJson(body)),
  });
  return BODY_CLASSES.map(({ name, bodies }) => ({ name, bodies: bodies({ ...target, valid, text }).map((body) => ({ row: name, ...body })) }));
}
