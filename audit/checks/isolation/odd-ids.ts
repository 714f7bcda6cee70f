import { pathOfItem } from '../../contract/operations.ts';
import type { Odd, OddClass, Place } from './gather-pairs.ts';

type Spelling = readonly [purpose: string, spell: (id: string, own: string) => string];

const NOT_OF_THIS_FORM = 'has no meaning for ids of this form';
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const ENCODED_CHARACTERS = 4;
const FULL_WIDTH_OFFSET = 0xfe_e0;

const isNumber = (id: string): boolean => /^\d+$/.test(id);
const isUuid = (id: string): boolean => UUID.test(id);
const hasLetters = (id: string): boolean => /[a-z]/i.test(id) && !isUuid(id);
const isAny = (): boolean => true;
/** The end of it: frameworks reject long parameters. */
const encodedEnd = (text: string): string =>
  text.slice(0, -ENCODED_CHARACTERS) +
  [...Buffer.from(text.slice(-ENCODED_CHARACTERS))].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
const otherCase = (text: string): string => (text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase());
const fullWidth = (text: string): string => text.replaceAll(/[!-~]/g, (each) => String.fromCodePoint((each.codePointAt(0) ?? 0) + FULL_WIDTH_OFFSET));

/** Ids that another part of the system may read as the id of A's object. */
export const ODD_IDS = [
  spelledAs('leading zeros', isNumber, ['leading zeros', (id) => `000${id}`], ['a leading zero', (id) => `0${id}`]),
  spelledAs('a sign', isNumber, ['a plus sign', (id) => `+${id}`], ['an encoded plus sign', (id) => `%2B${id}`], ['a minus sign', (id) => `-${id}`]),
  spelledAs('a decimal fraction', isNumber, ['a fraction of zero', (id) => `${id}.0`], ['a small fraction', (id) => `${id}.4`]),
  spelledAs('an exponent', isNumber, ['an exponent of zero', (id) => `${id}e0`], ['an exponent of one', (id) => `0.${id}e${id.length}`]),
  spelledAs('another base', isNumber, ['hexadecimal digits', (id) => `0x${hex(id)}`], ['binary digits', (id) => `0b${BigInt(id).toString(2)}`]),
  spelledAs(
    'a number that wraps around',
    isNumber,
    ['the id and 2^32', (id) => String(BigInt(id) + 2n ** 32n)],
    ['the id and 2^64', (id) => String(BigInt(id) + 2n ** 64n)],
  ),
  spelledAs(
    'characters around it',
    isAny,
    ['a space before it', (id) => `%20${id}`],
    ['a space after it', (id) => `${id}%20`],
    ['a line break after it', (id) => `${id}%0A`],
  ),
  spelledAs(
    'text after it',
    isAny,
    ['letters after it', (id) => `${id}abc`],
    ['an extension', (id) => `${id}.json`],
    ['a quote after it', (id) => `${id}'`],
    ['a NUL after it', (id) => `${id}%00`],
  ),
  spelledAs('percent-encoding', isAny, ['its last characters encoded', encodedEnd], ['encoded twice', (id) => encodedEnd(id).replaceAll('%', '%25')]),
  spelledAs(
    'a list',
    isAny,
    ['its own id and that of the object', (id, own) => `${own},${id}`],
    ['the ids in the other order', (id, own) => `${id},${own}`],
    ['brackets', (id) => `%5B${id}%5D`],
  ),
  spelledAs(
    'a path parameter',
    isAny,
    ['its own id, a semicolon and the other', (id, own) => `${own};${id}`],
    ['the id and a path parameter', (id) => `${id};v=1`],
  ),
  spelledAs(
    'dot segments',
    isAny,
    ['a dot segment', (id, own) => `${own}/../${id}`],
    ['an encoded dot segment', (id, own) => `${own}/%2e%2e/${id}`],
    ['an encoded slash', (id, own) => `${own}%2f..%2f${id}`],
  ),
  spelledAs('full-width characters', isAny, [
    'full-width characters',
    (id) => id.slice(0, -ENCODED_CHARACTERS) + encodeURIComponent(fullWidth(id.slice(-ENCODED_CHARACTERS))),
  ]),
  spelledAs('another case', (id) => isUuid(id) || hasLetters(id), ['the other case', otherCase]),
  spelledAs(
    'another form of a UUID',
    isUuid,
    ['braces', (id) => `%7B${id}%7D`],
    ['no dashes', (id) => id.replaceAll('-', '')],
    ['a URN', (id) => `urn:uuid:${id}`],
  ),
] as const satisfies readonly OddClass[];

function hex(id: string): string {
  return BigInt(id).toString(16);
}

function spelledAs(name: string, fits: (id: string) => boolean, ...spellings: readonly [Spelling, ...Spelling[]]): OddClass {
  return {
    name: `an id with ${name}`,
    requests: (place) => (fits(place.victim.id) ? spellings.map((each) => request(place, each)) : NOT_OF_THIS_FORM),
  };
}

function request({ operation, own }: Place, [purpose, spell]: Spelling): Odd {
  const [before = '', after = ''] = pathOfItem(operation, '\u{1}').split(encodeURIComponent('\u{1}'));
  return { purpose, step: 'spelling', path: (id) => `${before}${spell(id, own.id)}${after}` };
}
