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

/** One line without anything Markdown or HTML would act on: what an API answered must not format the report. */
export function plain(text: string): string {
  // An address becomes code, so that nobody follows a link to a look-alike.
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

/** In a code span only the backtick ends it, and only the bar ends the cell. */
export function code(text: string): string {
  return `\`${text.replaceAll(/[`\r\n]/g, '').replaceAll('|', '\\|')}\``;
}
