/** The service may fail for this long after the database's return; then everything works again. */
export const RECOVERY_MS = 2_000;

type Period = { readonly from: number; readonly until: number };

/** The moments of a fault, in `performance.now()` of this process. */
export type Timeline = {
  readonly began: number;
  /** The database was unreachable throughout this period. Undefined when it was always reachable. */
  readonly unreachable: Period | undefined;
  /** The database accepted reads and rejected writes throughout this period. */
  readonly unwritable?: Period | undefined;
  /** Whether the database was reachable, but slow or busy, during the whole fault. */
  readonly strained: boolean;
  /** The moments by which the database had returned; the last one ends the fault. */
  readonly returns: readonly [number, ...number[]];
};

export function endOf({ returns }: Timeline): number {
  return Math.max(...returns);
}

/** A moment in seconds since the fault began. */
export function placeOf(moment: number, { began }: Pick<Timeline, 'began'>): string {
  return `${moment < began ? '' : '+'}${((moment - began) / 1000).toFixed(1)} s`;
}
