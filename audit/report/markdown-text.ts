import { markdownTable } from 'markdown-table';
import { oneLine } from './plain-text.ts';

export function section(title: string, content: string): string {
  return `## ${title}\n\n${content}`;
}

export function table(rows: readonly (readonly string[])[]): string {
  return markdownTable(
    rows.map((row) => [...row]),
    { padding: true, alignDelimiters: false },
  );
}

/** One line without Markdown or HTML markup: a response must not format the report. */
export function plain(text: string): string {
  // A URL becomes code, so that no reader follows a link to a lookalike origin.
  return oneLine(text)
    .split(/(https?:\/\/[^\s,]*[^\s,.:;])/)
    .map((part, index) => (index % 2 === 1 ? code(part) : escapeMarkdown(part)))
    .join('');
}

function escapeMarkdown(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/([\\`*_[\]|])/g, '\\$1');
}

/** In a table, a backtick ends the code span and a bar ends the cell. */
export function code(text: string): string {
  return `\`${text.replaceAll(/[`\r\n]/g, '').replaceAll('|', '\\|')}\``;
}
