import { type Coverage, inconclusive, type Verdict } from './verdict.ts';

/**
 * One class of attack (the row) on one operation, collection or route (the column): what was sent and returned; or why the class cannot
 * meet this column without harm, or has no meaning there (`excluded`); or why it was left out to send less (`omitted`), alone or with all other
 * cells of its column (`isWholeColumn`).
 */
export type Cell<Tried extends object> = { row: string; column: string } & (Tried | { excluded: string } | { omitted: string; isWholeColumn?: true });

export function isTried<Tried extends object>(cell: Cell<Tried>): cell is { row: string; column: string } & Tried {
  return !('excluded' in cell) && !('omitted' in cell);
}

/** Several entries for one row and column are one cell, which is tried where one of them is. */
export function coverageOf(cells: readonly Cell<object>[]): Coverage {
  const places = [...Map.groupBy(cells, ({ row, column }) => JSON.stringify([row, column])).values()];
  const left = places.flatMap((entries) => (entries.some(isTried) ? [] : entries.slice(0, 1)));
  const reasons = Map.groupBy(left, (cell) => ('excluded' in cell ? cell.excluded : 'omitted' in cell ? cell.omitted : ''));
  return {
    cells: places.length,
    tried: places.length - left.length,
    left: [...reasons].map(([reason, { length }]) => ({ reason, cells: length })),
  };
}

/**
 * A pass of less than the documented minimum is inconclusive: in the columns that are not omitted as a whole, each row and each column that can
 * be tried must be tried at least once.
 */
export function withMinimum(verdict: Verdict, cells: readonly Cell<object>[]): Verdict {
  if (verdict.outcome !== 'pass') return verdict;
  const possible = cells.filter((cell) => !('excluded' in cell) && !('isWholeColumn' in cell));
  const tried = possible.filter(isTried);
  for (const line of ['row', 'column'] as const) {
    const missing = possible.find((cell) => !tried.some((each) => each[line] === cell[line]));
    if (missing !== undefined)
      return { ...inconclusive('too-few-attempts', `Nothing was tried of: ${missing[line]}.`), observations: verdict.observations };
  }
  return verdict;
}

/** The member of a class for a column: members take turns, so that each column meets every class and each member some column. */
export function takeTurns<Member>(members: readonly [Member, ...Member[]], column: number): Member {
  return members[column % members.length] ?? members[0];
}
