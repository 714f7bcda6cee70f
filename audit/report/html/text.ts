import type { RequirementOutcome } from '../../run/run.ts';

/** Markup that needs no escaping; every other value is escaped when it is inserted. */
export type Html = { readonly markup: string };

type Value = Html | string | number | readonly Html[];

export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return { markup: String.raw({ raw: parts }, ...values.map(markupOf)) };
}

export const nothing: Html = { markup: '' };

export function joined(parts: readonly Html[], separator: string): Html {
  return { markup: parts.map(({ markup }) => markup).join(escapeHtml(separator)) };
}

/** A text of this project in which backticks mark code and double asterisks mark bold. */
export function prose(text: string): Html {
  return {
    markup: text
      .split('`')
      .map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : bold(part)).markup)
      .join(''),
  };
}

function bold(text: string): Html {
  return {
    markup: text
      .split('**')
      .map((part, index) => (index % 2 === 1 ? html`<b>${part}</b>` : html`${part}`).markup)
      .join(''),
  };
}

function markupOf(value: Value): string {
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value));
  return 'markup' in value ? value.markup : value.map(({ markup }) => markup).join('\n');
}

function escapeHtml(text: string): string {
  return text.toWellFormed().replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Each outcome has its own shape, so that readers need not rely on color. */
const SHAPES = {
  pass: '<circle cx="12" cy="12" r="10" class="fill"/><path d="m7.4 12.4 3.2 3.2 6-6.6" class="mark"/>',
  fail: '<path d="M12 .8 23.2 12 12 23.2.8 12z" class="fill"/><path d="m8.6 8.6 6.8 6.8m0-6.8-6.8 6.8" class="mark"/>',
  inconclusive:
    '<path d="M12 1.5 23.3 21.5H.7z" class="fill"/><path d="M9.6 11.3a2.4 2.4 0 1 1 3.4 2.2c-.7.3-1 .7-1 1.5" class="mark"/><circle cx="12" cy="18.3" r="1.25" class="point"/>',
  'not applicable': '<circle cx="12" cy="12" r="9" class="ring dashed"/><path d="M8 12h8" class="line"/>',
  'not run': '<circle cx="12" cy="12" r="9" class="ring"/>',
  'pass in part': '<circle cx="12" cy="12" r="9" class="ring"/><path d="M12 3a9 9 0 0 0 0 18z" class="fill"/>',
};

/** A requirement that this run did not observe has the icon of `not applicable`; an open one that of `inconclusive`. */
const SHAPE_OF: Readonly<Record<RequirementOutcome, keyof typeof SHAPES>> = {
  pass: 'pass',
  fail: 'fail',
  inconclusive: 'inconclusive',
  'not applicable': 'not applicable',
  'not run': 'not run',
  'pass in part': 'pass in part',
  'not observable': 'not applicable',
  'not measured': 'not applicable',
  'not met': 'inconclusive',
  'not proven': 'inconclusive',
};

/** The symbols that `icon` refers to; a page contains them once. */
export function iconSprite(): Html {
  const symbols = Object.entries(SHAPES).map(([outcome, shape]) => `<symbol id="icon-${slug(outcome)}" viewBox="0 0 24 24">${shape}</symbol>`);
  return { markup: `<svg class="sprite" aria-hidden="true">${symbols.join('')}</svg>` };
}

/** Decorative: the outcome also appears as a word or as text for screen readers. */
export function icon(outcome: RequirementOutcome): Html {
  const shape = slug(SHAPE_OF[outcome]);
  return html`<svg class="icon ${shape}" aria-hidden="true"><use href="#icon-${shape}" /></svg>`;
}

export function slug(text: string): string {
  return text.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase();
}
