import type { Exchange } from './exchange.ts';
import { comparable } from './response.ts';
import { type Variation, wordsOf } from './words.ts';

/**
 * What identifies one response, learned from responses that are alike: the words that no two of them share, such as an id of any form or a
 * counter. Empty where there are fewer than two.
 */
export function variationOf(exchanges: readonly Exchange[]): Variation {
  const [first, ...others] = exchanges.map((exchange) => new Map(wordsOf(comparable(exchange))));
  if (first === undefined || others.length === 0) return new Set();
  const isDistinct = (place: string): boolean => new Set([first, ...others].map((words) => words.get(place))).size > others.length;
  return new Set([...first.keys()].filter((place) => others.every((words) => words.has(place)) && isDistinct(place)));
}
