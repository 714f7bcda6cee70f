import { mediaType } from '../../model/header-fields.ts';
import { isTried } from '../../model/matrix.ts';
import { cannotTell, comparable, expectStatus, header, requestLine } from '../../model/response.ts';
import { variationOf } from '../../model/variation.ts';
import type { Variation } from '../../model/words.ts';
import { conclude, expect, type Observation, observeFailure, observePass, type Verdict } from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';
import type { ExposedPathsEvidence, PathCell } from './gather-exposed-paths.ts';
import { isSlashRemoved } from './judge.ts';

/** A path is absent where it gets the response of a random path, or that of a random path of the same form. */
export function judgeExposedPaths({ controls, cells }: ExposedPathsEvidence): Verdict {
  const failed = controls.map((control) => expectStatus(control, 404, 'control-failed')).find(({ outcome }) => outcome !== 'pass');
  if (failed) return conclude({ ...failed, outcome: 'inconclusive' });
  const tried = cells.filter(isTried);
  const variation = variationOf(controls);
  const usual = new Set(controls.map((control) => comparable(control, variation)));
  const all = tried.map(({ exchange }) => exchange);
  const observations = tried.map((cell) =>
    isSlashRemoved(cell.exchange, all) ? observePass('slash-removed', cell.exchange) : judgePath(cell, usual, variation),
  );
  return conclude(
    observations,
    `${counted(tried.length, 'path')} of files, consoles and operations endpoints ${tried.length === 1 ? 'gets' : 'get'} the response of a random path.`,
  );
}

function judgePath(
  { exchange, control }: { exchange: PathExchange; control?: PathExchange },
  usual: ReadonlySet<string>,
  variation: Variation,
): Observation {
  const status = exchange.response?.status ?? 0;
  const contentOf = (each: PathExchange): string => comparable(each, variation);
  if (status === 404 && usual.has(contentOf(exchange))) return observePass('absent', exchange);
  // A rule of the edge for every name of this form, such as a leading dot, shows nothing about this path.
  const isRule =
    control !== undefined && status >= 400 && status < 500 && status === control.response?.status && contentOf(exchange) === contentOf(control);
  if (isRule) return observePass('absent', exchange, control);
  const shown = control === undefined ? [exchange] : [exchange, control];
  const doubt = cannotTell(exchange, 404);
  // Consoles are HTML pages.
  if (doubt && doubt.code !== 'html-answer') return doubt;
  const returned = `${requestLine(exchange)} returned ${status === 404 ? 'another 404 than' : `${status}${typeOf(exchange)}, not the 404 of`} a random path.`;
  if (status === 401 || status === 403) return observeFailure('path-guarded', returned, ...shown);
  return expect(false, 'not-absent', returned, exchange);
}

type PathExchange = Extract<PathCell, { exchange: unknown }>['exchange'];

function typeOf(exchange: PathExchange): string {
  const type = mediaType(header(exchange, 'content-type'));
  return type === '' ? '' : ` (${type})`;
}
