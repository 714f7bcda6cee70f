import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { AuditFigures } from './audit-time.ts';
import type { ColdFigures } from './cold.ts';
import type { GrowthFigures } from './growth.ts';
import type { LoadFigures } from './load.ts';
import type { Circumstances } from '../host/machine.ts';
import type { SoakFigures } from './soak.ts';

/** What each part of the benchmarks measures. */
export type Figures = {
  readonly load: LoadFigures;
  readonly growth: GrowthFigures;
  readonly soak: SoakFigures;
  readonly cold: ColdFigures;
  readonly audit: AuditFigures;
};

export type PartName = keyof Figures;

/** In the order in which they are measured and shown. */
export const PARTS: readonly PartName[] = ['load', 'growth', 'cold', 'audit', 'soak'];

/** One part's figures with what they were measured on. */
export type Measured<Name extends PartName> = {
  readonly circumstances: Circumstances;
  /** Servers that could not be measured here, and why. */
  readonly leftOut: readonly string[];
  readonly figures: Figures[Name];
};

export type AllMeasured = { readonly [Name in PartName]: Measured<Name> };

/** Keeps one part's figures in a file of its own, so that the others stay as they are. */
export async function keep<Name extends PartName>(directory: string, name: Name, measured: Measured<Name>): Promise<void> {
  await mkdir(directory, { recursive: true });
  const file = fileOf(directory, name);
  await writeFile(`${file}.draft`, `${JSON.stringify(measured, undefined, 2)}\n`);
  await rename(`${file}.draft`, file);
}

/** The parts that were measured in this clone, now or earlier. */
export async function readKept(directory: string): Promise<Partial<AllMeasured>> {
  const kept = await Promise.all(PARTS.map(async (name) => [name, await readPart(directory, name)] as const));
  return Object.fromEntries(kept.filter(([, measured]) => measured !== undefined));
}

async function readPart(directory: string, name: PartName): Promise<unknown> {
  const text = await readFile(fileOf(directory, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : JSON.parse(text);
}

function fileOf(directory: string, name: PartName): string {
  return path.join(directory, `${name}.json`);
}
