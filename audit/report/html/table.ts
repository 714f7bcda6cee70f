import { type Html, html, nothing } from './text.ts';

type Body = { group?: string; rows: readonly Html[] };

type Table = {
  classes: string;
  /** Texts of the columns; markup is a finished cell. */
  heads: readonly (string | Html)[];
  bodies: readonly Body[];
  /** The head is for screen readers only. */
  hiddenHead?: boolean;
};

/** A table that scrolls within its frame. */
export function table({ classes, heads, bodies, hiddenHead = false }: Table): Html {
  const cells = heads.map((head) => (typeof head === 'string' ? html`<th scope="col">${head}</th>` : head));
  const groups = bodies.map(({ group, rows }) => {
    const heading = html`<tr class="group">
      <th scope="rowgroup" colspan="${heads.length}">${group ?? ''}</th>
    </tr>`;
    return html`<tbody>
      ${group === undefined ? rows : [heading, ...rows]}
    </tbody>`;
  });
  return html`<div class="frame">
    <table class="${classes}">
      <thead${hiddenHead ? html` class="sr"` : nothing}>
        <tr>
          ${cells}
        </tr>
      </thead>
      ${groups}
    </table>
  </div>`;
}
