import * as z from 'zod/v4';
import path from 'node:path';
import type { DecisionFile } from '../checks/configuration/gather.ts';
import { code, plain, table } from './markdown-text.ts';

const environment = z.object({
  variables: z.array(
    z.object({
      name: z.string(),
      required_in: z.array(z.string()),
      secret: z.boolean(),
      description: z.string(),
      default: z.record(z.string(), z.unknown()),
    }),
  ),
});

/** The index of the decision records, for adr/README.md. */
export function decisionTable(decisions: readonly DecisionFile[]): string {
  const rows = decisions.map(({ id, file, title, status, checks }) => [
    `[${id}](${path.basename(file)})`,
    title,
    status,
    checks.length === 0 ? 'none, for the reason in the record' : checks.map(code).join(', '),
  ]);
  return table([['Number', 'Title', 'Status', 'Checks'], ...rows]);
}

/** The settings in production, for README.md. */
export function settingsTable(environmentJson: string): string {
  const rows = environment
    .parse(JSON.parse(environmentJson))
    .variables.map(({ name, required_in, secret, description, default: defaults }) => [
      code(name),
      `${required_in.includes('production') ? 'required' : 'optional'}${secret ? ', secret' : ''}`,
      'production' in defaults ? code(String(defaults['production'])) : '',
      plain(description),
    ]);
  return table([['Variable', 'Production', 'Default', 'Meaning'], ...rows]);
}
