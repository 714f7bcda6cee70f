import type { Exchange } from '../exchange.ts';
import type { LeaksEvidence } from '../probe/leaks.ts';
import type { ForcedErrorsEvidence, StatusClassesEvidence } from '../probe/status-classes.ts';
import { asked, cannotTell, comparable, expectStatus, header, isProblem } from './answer.ts';
import { decide, demand, isSilent, type Observation, saw, type Verdict } from './verdict.ts';

const YEAR_SECONDS = 31_536_000;
const INTERNALS: readonly (readonly [string, RegExp])[] = [
  ['a stack trace', /\bat .{0,120}[(\s/][\w.-]+\.(ts|js|mjs|cjs):\d+/],
  ['a file path', /node_modules|\/(app|home|usr|srv|workspace|var)\/[\w./-]+|[A-Z]:\\\\/],
  [
    'SQL',
    /\b(select|insert into|update|delete from)\b.{1,200}\b(from|where|values|set|returning)\b|syntax error at|invalid input syntax|relation "/i,
  ],
  ['a driver or library', /\b(postgres(ql)?|pg_|kysely|express|zod|jsonwebtoken|ECONNREFUSED|ENOTFOUND|neon\.tech|railway\.internal)\b/i],
];

/** Absent means: the very answer an impossible path gets. */
export function judgeAbsent(control: Exchange, exchanges: readonly Exchange[], passed: string): Verdict {
  const sound = expectStatus(control, 404, 'control-failed');
  if (sound.outcome !== 'pass') return decide([{ ...sound, outcome: 'inconclusive' }], '');
  const observations = exchanges.map((exchange) => {
    // A page of HTML is what interactive docs are: here it is the finding, unless the edge or a failure made it.
    const doubt = cannotTell(exchange, 404);
    if (doubt && doubt.code !== 'html-answer') return doubt;
    const same = exchange.answer?.status === 404 && comparable(exchange) === comparable(control);
    return demand(
      same,
      'something-there',
      `${asked(exchange)} is absent`,
      `${asked(exchange)} answered ${exchange.answer?.status}, not as an impossible path does`,
      exchange,
      control,
    );
  });
  return decide(observations, passed);
}

export function judgeDocs({ control, documentation }: LeaksEvidence): Verdict {
  return judgeAbsent(control, documentation, `${documentation.length} paths of documentation answer like one that cannot exist.`);
}

export function judgeContractAbsent({ control, contract }: LeaksEvidence): Verdict {
  return judgeAbsent(control, contract, `${contract.length} paths of contracts answer like one that cannot exist.`);
}

export function judgeFiles({ control, files }: LeaksEvidence): Verdict {
  return judgeAbsent(control, files, `${files.length} files and endpoints of operations answer like one that cannot exist.`);
}

export function judgeErrors({ forced }: ForcedErrorsEvidence, { classes }: StatusClassesEvidence): Verdict {
  const clientErrors = classes.filter(({ status }) => status >= 400);
  return decide(
    [
      ...clientErrors.flatMap(({ status, exchange }) => [expectStatus(exchange, status), ...(exchange.answer ? [clearProblem(exchange)] : [])]),
      ...forced.map((exchange) => {
        const status = exchange.answer?.status ?? 0;
        if (status >= 500 && !isSilent(exchange))
          return saw('fail', 'server-error', `${asked(exchange)} (${exchange.purpose}) made the API fail with ${status}`, exchange);
        return (
          cannotTell(exchange) ??
          (status >= 400
            ? clearProblem(exchange)
            : saw('fail', 'bad-input-accepted', `${asked(exchange)} (${exchange.purpose}) answered ${status}`, exchange))
        );
      }),
    ],
    `${forced.length} provoked errors and ${clientErrors.length} ordinary ones: all client errors in problem+json, none with a stack, path, SQL or driver text.`,
  );
}

export function judgeBanner(exchanges: readonly Exchange[]): Verdict {
  const observations = exchanges.map((exchange) => {
    const server = header(exchange, 'server');
    const banner = header(exchange, 'x-powered-by') ?? (/\d/.test(server ?? '') ? server : undefined);
    return (
      cannotTell(exchange, exchange.answer?.status) ??
      demand(banner === undefined, 'banner', 'no banner', `${asked(exchange)} names ${banner}`, exchange)
    );
  });
  return decide(observations, `${exchanges.length} answers name neither a framework nor a version.`);
}

export function judgeHsts({ classes }: StatusClassesEvidence): Verdict {
  return everywhere(
    classes,
    'HSTS of a year or more',
    'hsts-missing',
    (exchange) => Number(/max-age=(\d+)/.exec(header(exchange, 'strict-transport-security') ?? '')?.[1] ?? 0) >= YEAR_SECONDS,
  );
}

export function judgeSecurityHeaders({ classes }: StatusClassesEvidence): Verdict {
  return everywhere(classes, 'nosniff, CSP none without framing, no framing and a private referrer policy', 'security-header-missing', (exchange) => {
    const policy = header(exchange, 'content-security-policy') ?? '';
    return (
      header(exchange, 'x-content-type-options') === 'nosniff' &&
      /default-src 'none'/.test(policy) &&
      /frame-ancestors 'none'/.test(policy) &&
      /^(deny|sameorigin)$/i.test(header(exchange, 'x-frame-options') ?? '') &&
      /^(no-referrer|same-origin|strict-origin)/.test(header(exchange, 'referrer-policy') ?? '')
    );
  });
}

export function judgePrivateAnswers({ classes }: StatusClassesEvidence): Verdict {
  return everywhere(classes, 'no-store, no cookie and the exact type', 'storable', (exchange) => {
    const { status } = exchange.answer ?? { status: 0 };
    const type = header(exchange, 'content-type') ?? '';
    const typed = status === 204 ? type === '' : type.startsWith(status >= 400 ? 'application/problem+json' : 'application/json');
    return typed && header(exchange, 'set-cookie') === undefined && (status === 204 || /\bno-store\b/.test(header(exchange, 'cache-control') ?? ''));
  });
}

function everywhere(classes: StatusClassesEvidence['classes'], what: string, code: string, holds: (exchange: Exchange) => boolean): Verdict {
  const observations = classes.map(
    ({ status, exchange }): Observation =>
      cannotTell(exchange, status) ??
      demand(
        holds(exchange),
        code,
        `${what} on ${exchange.answer?.status}`,
        `${asked(exchange)} (${exchange.purpose}) answered ${exchange.answer?.status} without ${what}`,
        exchange,
      ),
  );
  const statuses = [...new Set(classes.map(({ status }) => status))].toSorted((a, b) => a - b);
  return decide(observations, `On answers with ${statuses.join(', ')}: ${what}.`);
}

function clearProblem(exchange: Exchange): Observation {
  const text = `${exchange.answer?.body ?? ''} ${JSON.stringify(exchange.answer?.headers ?? {})}`;
  const shown = INTERNALS.find(([, pattern]) => pattern.test(text));
  if (shown) return saw('fail', 'internals-shown', `${asked(exchange)} (${exchange.purpose}) shows ${shown[0]}`, exchange);
  return demand(
    isProblem(exchange),
    'not-a-problem',
    `${exchange.purpose}: a problem`,
    `${asked(exchange)} (${exchange.purpose}) answered ${exchange.answer?.status} as ${header(exchange, 'content-type') ?? 'nothing'}, not as problem+json`,
    exchange,
  );
}
