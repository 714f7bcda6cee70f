import { type Html, html } from './text.ts';

type Body = { group?: string; rows: readonly Html[] };

type Table = {
  classes: string;
  /** Texts of the columns; markup is a finished cell. */
  heads: readonly (string | Html)[];
  bodies: readonly Body[];
  /** The head is for screen readers only. */
  hiddenHead?: boolean;
  /** Indentation of the place in the page where the table is inserted. */
  indent?: string;
};

/** A table that scrolls within its frame. */
export function table({ classes, heads, bodies, hiddenHead = false, indent = '  ' }: Table): Html {
  const lines = (...parts: readonly string[]): string => parts.join(`\n${indent}`);
  const cells = heads.map((head) => (typeof head === 'string' ? html`<th scope="col">${head}</th>` : head));
  const groups = bodies.map(({ group, rows }) => {
    const heading = html`<th scope="rowgroup" colspan="${heads.length}">${group ?? ''}</th>`;
    const first = group === undefined ? [] : ['      <tr class="group">', `        ${heading.markup}`, '      </tr>'];
    return lines('<tbody>', ...first, `      ${html`${rows}`.markup}`, '    </tbody>');
  });
  return {
    markup: lines(
      '<div class="frame">',
      `  <table class="${classes}">`,
      `    <thead${hiddenHead ? ' class="sr"' : ''}>`,
      '      <tr>',
      ...cells.map(({ markup }) => `        ${markup}`),
      '      </tr>',
      '    </thead>',
      `    ${groups.join('\n')}`,
      '  </table>',
      '</div>',
    ),
  };
}
