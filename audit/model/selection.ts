import { type Cell, isTried } from './matrix.ts';

/** A check over a matrix tries at most so many collections. */
export const MOST_COLLECTIONS = 4;

/** Why cells are omitted. */
export const GIVEN_TOKENS = 'the audit was given tokens, whose users share one limit with every other check';
export const MANY_COLLECTIONS = `the contract has more than ${MOST_COLLECTIONS} collections`;
export const OTHER_COLLECTIONS = `${MANY_COLLECTIONS}, and this check tries others`;

/**
 * Omits all cells but those with which every row and every column is tried. They are spread: a row is tried on the column that was tried least
 * often so far, and collections with different turns try it on different columns.
 * @param reason why fewer are tried
 */
export function selectCells<Tried extends object>(cells: readonly Cell<Tried>[], turn: number, reason: string): Cell<Tried>[] {
  const possible = cells.filter(isTried);
  const chosen = new Set<Cell<Tried>>();
  const uses = new Map<string, number>();
  const choose = (candidates: readonly Cell<Tried>[], other: 'row' | 'column'): void => {
    const first = turn % Math.max(1, candidates.length);
    const inTurn = [...candidates.slice(first), ...candidates.slice(0, first)];
    const usesOf = (cell: Cell<Tried>): number => uses.get(`${other} ${cell[other]}`) ?? 0;
    const best = inTurn.toSorted((a, b) => usesOf(a) - usesOf(b))[0];
    if (best === undefined) return;
    chosen.add(best);
    for (const line of ['row', 'column'] as const) uses.set(`${line} ${best[line]}`, (uses.get(`${line} ${best[line]}`) ?? 0) + 1);
  };
  for (const [, row] of Map.groupBy(possible, (cell) => cell.row)) choose(row, 'column');
  for (const [name, column] of Map.groupBy(possible, (cell) => cell.column)) if (!uses.has(`column ${name}`)) choose(column, 'row');
  return cells.map((cell) => (!isTried(cell) || chosen.has(cell) ? cell : { row: cell.row, column: cell.column, omitted: reason }));
}

/**
 * The collections of one check: all of few; of many the main one and others, which differ between checks.
 * @param check numbers the checks, from 0
 */
export function collectionsFor<Collection>(collections: readonly Collection[], check: number): Collection[] {
  const [main, ...others] = collections;
  if (main === undefined || collections.length <= MOST_COLLECTIONS) return [...collections];
  const first = check * (MOST_COLLECTIONS - 1);
  return [main, ...Array.from({ length: MOST_COLLECTIONS - 1 }, (_, index) => others[(first + index) % others.length] ?? main)];
}
