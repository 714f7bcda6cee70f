/** So long after the database's return the service may still fail; then everything works again. */
export const RECOVERY_MS = 2_000;

/** When a fault did what, in `performance.now()` of this process. */
export type Timeline = {
  readonly began: number;
  /** Between these moments nobody can have reached the database. Undefined when it was there all the time. */
  readonly unreachable: { readonly from: number; readonly until: number } | undefined;
  /** Between these moments it accepted every read and no write. Undefined, or absent, when it accepted writes throughout. */
  readonly unwritable?: { readonly from: number; readonly until: number } | undefined;
  /** Whether the database, though there, was slow or occupied from beginning to end. */
  readonly strained: boolean;
  /** The moments since which the database was there again, for certain; the last is the fault's end. */
  readonly returns: readonly [number, ...number[]];
};

export function endOf({ returns }: Timeline): number {
  return Math.max(...returns);
}

/** A moment as a reader can place it: seconds since the fault began. */
export function placeOf(moment: number, { began }: Timeline): string {
  return `${moment < began ? '' : '+'}${((moment - began) / 1000).toFixed(1)} s`;
}
