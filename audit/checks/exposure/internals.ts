import type { Exchange } from '../../model/exchange.ts';
import { FORGED_HOST } from './bad-input.ts';

const INTERNALS: readonly (readonly [string, RegExp])[] = [
  ['a stack trace', /\bat .{0,120}[(\s/][\w.-]+\.(ts|js|mjs|cjs):\d+|Traceback \(most recent call last\)|File "[^"]+", line \d+/],
  ['a parser message', /Unexpected (token|end)|in JSON at|is not valid JSON|JSON decode error|Expecting (value|property name)/],
  ['a forged host', new RegExp(RegExp.escape(FORGED_HOST))],
  ['the state of a process', /\bgoroutine \d+ \[|\bjava\.(lang|util|sql)\.\w+|\bSystem\.\w+Exception\b|\bPHP (Warning|Notice|Fatal error)\b/],
  ['a file path', /node_modules|\/(app|home|usr|srv|workspace|var|opt|layers)\/[\w./-]+|[A-Z]:\\\\/],
  [
    'SQL',
    /\b(select|insert into|update|delete from)\b.{1,200}\b(from|where|values|set|returning)\b|syntax error at|invalid input syntax|\b(relation|column|constraint) "|violates [a-z-]+ constraint/i,
  ],
  [
    'the name of a driver or library',
    /\b(postgres(ql)?|pg_|kysely|express|fastify|FST_ERR_\w+|hono|zod|jsonwebtoken|pydantic\w*|starlette|fastapi|sqlalchemy|asyncpg|psycopg\d?|ECONNREFUSED|ENOTFOUND|ECONNRESET|ETIMEDOUT|sequelize\w*|prisma\w*|mongoose|mongodb|mongoservererror|typeorm|knex|drizzle|ioredis|undici|neon\.tech|railway\.internal)\b/i,
  ],
];

/** What a response reveals of the implementation, in its body or headers. A response may repeat the path of the request. */
export function internalsIn(exchange: Exchange): string | undefined {
  // JSON escapes quotes.
  const body = pathsOf(exchange).reduce((text, path) => text.replaceAll(path, ''), (exchange.response?.body ?? '').replaceAll('\\"', '"'));
  const text = `${body} ${JSON.stringify(exchange.response?.headers ?? {})}`;
  return INTERNALS.find(([, pattern]) => pattern.test(text))?.[0];
}

function pathsOf({ request }: Exchange): string[] {
  const path = request.url.replace(/^https?:\/\/[^/]*/, '').replace(/\?.*$/s, '');
  return path.length < 2 ? [] : [path, URL.parse(path, 'https://api')?.pathname ?? path];
}
