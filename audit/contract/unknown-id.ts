import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { ContractError } from './contract-error.ts';
import { type Json, list as listOf, regExpOf, typeOf } from './openapi-document.ts';

const USUAL_LENGTH = 24;
/** Texts to try before the pattern counts as one that cannot be met. */
const TRIES = 200;

/**
 * A random id in the form of the contract; the API would reject another form without a lookup.
 * @throws {ContractError} where none is found, because nothing could be compared with an object that never existed
 */
export function unknownId({ format, maximum, pattern, minLength = 0, maxLength = Infinity, example, ...schema }: Json): string {
  if (typeOf(schema) === 'integer') return String(Math.min(typeof maximum === 'number' ? maximum : Infinity, 2_147_483_647) - 1);
  if (format === 'uuid') return randomUUID();
  const [shown = example] = listOf(schema['examples']);
  const [shortest, longest] = [Math.max(1, Number(minLength)), Number(maxLength)];
  if (typeof pattern !== 'string')
    return typeof shown === 'string' ? similarTo(shown) : randomHex(Math.max(shortest, Math.min(longest, USUAL_LENGTH)));
  const similar = typeof shown === 'string' ? Array.from({ length: TRIES }, () => similarTo(shown)) : [];
  const candidates = [...similar.filter((each) => regExpOf(pattern).test(each)), ...textsOf(pattern)];
  const found = candidates.find((each) => each !== shown && shortest <= each.length && each.length <= longest);
  if (found !== undefined) return found;
  throw new ContractError([`could not generate an id for the pattern ${pattern}. Give its parameter an example`]);
}

/** Random texts that match the whole pattern, the longest first; none where it has an assertion that fast-check cannot generate. */
function textsOf(pattern: string): string[] {
  try {
    return fc.sample(fc.noBias(fc.stringMatching(regExpOf(`^(?:${pattern})$`))), TRIES).toSorted((a, b) => b.length - a.length);
  } catch {
    return [];
  }
}

function randomHex(length: number): string {
  return randomBytes(length).toString('hex').slice(0, length);
}

/** The example with a random last word, digit for digit and letter for letter; what precedes it is a prefix. */
function similarTo(example: string): string {
  return example.replace(/[A-Za-z0-9]+$/, (word) =>
    word.replaceAll(/[0-9]|[a-z]|[A-Z]/g, (character) => {
      if (/[0-9]/.test(character)) return String(randomInt(10));
      const letter = String.fromCharCode(97 + randomInt(26));
      return /[A-Z]/.test(character) ? letter.toUpperCase() : letter;
    }),
  );
}
