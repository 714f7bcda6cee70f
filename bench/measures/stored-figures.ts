import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { Circumstances } from '../host/machine.ts';
import type { AuditFigures } from './audit-time.ts';
import type { ColdFigures } from './cold.ts';
import type { GrowthFigures } from './growth.ts';
import type { LoadFigures } from './load.ts';
import type { SoakFigures } from './soak.ts';

/** The figures of each part. */
export type PartFigures = {
  readonly load: LoadFigures;
  readonly growth: GrowthFigures;
  readonly soak: SoakFigures;
  readonly cold: ColdFigures;
  readonly audit: AuditFigures;
};

export type PartName = keyof PartFigures;

/** In the order in which they are measured and shown. */
export const PARTS: readonly PartName[] = ['load', 'growth', 'cold', 'audit', 'soak'];

export type Measured<Name extends PartName> = {
  readonly circumstances: Circumstances;
  /** The servers that could not be measured, with the reason. */
  readonly leftOut: readonly string[];
  readonly figures: PartFigures[Name];
};

export type AllMeasured = { readonly [Name in PartName]: Measured<Name> };

/** Stores one part's figures without affecting the other parts. */
export async function storeFigures<Name extends PartName>(directory: string, name: Name, measured: Measured<Name>): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFileAtomic(fileOf(directory, name), `${JSON.stringify(measured, undefined, 2)}\n`);
}

/** The parts that this clone has measured, in this run or an earlier one. */
export async function readStoredFigures(directory: string): Promise<Partial<AllMeasured>> {
  const stored = await Promise.all(PARTS.map(async (name) => [name, await readPart(directory, name)] as const));
  return Object.fromEntries(stored.filter(([, measured]) => measured !== undefined));
}

async function readPart(directory: string, name: PartName): Promise<unknown> {
  const file = fileOf(directory, name);
  return existsSync(file) ? JSON.parse(await readFile(file, 'utf8')) : undefined;
}

function fileOf(directory: string, name: PartName): string {
  return path.join(directory, `${name}.json`);
}
