import type { Resource } from '../../contract/operations.ts';
import type { Exchange } from '../../model/exchange.ts';
import { record } from '../../model/json.ts';
import { FIRST_ARRAY, idIn, itemsIn, valueAt } from '../../model/payload.ts';
import { described, json } from '../../model/response.ts';
import { expect, type Observation, observeFailure, observePass } from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';
import { doubtOfOdd } from './pair.ts';

/** Properties of a collection's list response. */
export type Shape = Pick<Resource, 'listProperty' | 'totalProperty' | 'idProperty' | 'textProperty'>;

/** What a tenant owns: its ids, undefined where its list may be incomplete; and a text of the other tenant. */
export type Owned = { ids: readonly string[] | undefined; theirs: readonly string[] };

export function shapeOf({ listProperty, totalProperty, idProperty, textProperty }: Resource): Shape {
  return { listProperty, totalProperty, idProperty, textProperty };
}

/** The ids of the collection's objects in a list or lookup response. An item without the text property is not such an object. */
export function idsIn(exchange: Exchange, { listProperty, idProperty, textProperty }: Shape): string[] {
  const body = json(exchange);
  const items = itemsIn(body, listProperty) ?? itemsIn(body, FIRST_ARRAY) ?? [];
  return items.map(record).flatMap((item) => (idIn(item, idProperty) !== undefined && textProperty in item ? [String(idIn(item, idProperty))] : []));
}

/** The response shows and counts only objects of its tenant. The API may reject the request. */
export function showsOnlyOwn(exchange: Exchange, shape: Shape, { ids, theirs }: Owned): Observation[] {
  if (theirs.some((text) => exchange.response?.body.includes(text)))
    return [observeFailure('foreign-object-listed', `${described(exchange)} returned an object of the other tenant`, exchange)];
  const doubt = doubtOfOdd(exchange);
  if (doubt) return [doubt];
  if (exchange.response?.status !== 200) return [observePass('attempt-rejected', exchange)];
  if (ids === undefined) return [observePass('no-text-of-another', exchange)];
  const foreign = idsIn(exchange, shape).filter((id) => !ids.includes(id));
  const total = shape.totalProperty === undefined ? 0 : Number(valueAt(json(exchange), shape.totalProperty) ?? 0);
  const shown = `${described(exchange)} returned ${counted(foreign.length, 'object')} that the tenant does not own`;
  const countedMore = `${described(exchange)} counted ${total}, and the tenant owns ${counted(ids.length, 'object')}`;
  return [
    expect(foreign.length === 0, 'foreign-object-listed', shown, exchange),
    expect(!(total > ids.length), 'total-differs', countedMore, exchange),
  ];
}
