import type { Exchange } from '../../model/exchange.ts';
import { members } from '../../model/header-fields.ts';
import { requestLine } from '../../model/response.ts';
import { conclude, expect, type Verdict } from '../../model/verdict.ts';

/** Application servers and frameworks. The name of an edge or a proxy is allowed. */
const FRAMEWORK =
  /\b(express|fastify|hono|koa|hapi|nest(js)?|next\.?js|uvicorn|gunicorn|hypercorn|daphne|waitress|werkzeug|flask|django|fastapi|starlette|puma|phusion|kestrel|jetty|tomcat|undertow|netty|php|actix|axum|gin)\b/i;

/** Headers of frameworks and products that the OWASP Secure Headers Project lists for removal, without those that only an edge sets. */
const PRODUCT_HEADER =
  /^(powered-by|x-powered-(by(-plesk)?|cms)|x-(cf-powered|server-powered|turbo-charged|generated|content-encoded|redirect)-by|x-(generator|framework|cms|runtime|feserver|beserver|calculatedbetarget|diaginfo|sourcefiles|jitsi-release)|x-nextjs-[\w-]+|liferay-portal|pega-host|x-varnish-(backend|server)|x-envoy-original-dst-host)$/;

/** Names of headers that state something about one process, its host, its queries or a debugger. */
const INTERNAL_HEADER =
  /^(x-debug(-[\w-]+)?|x-sql(-[\w-]+)?|x-quer(y|ies)(-(time|count|log|sql))?|x-(db|database)-[\w-]+|x-backend(-[\w-]+)?|x-upstream-[\w-]+|x-(pod|container|instance|node|worker|machine)(-(name|id|ip|host))?|x-hostname|x-server-(name|id|ip|host)|(x-)?sourcemap)$/;

const INTERNAL_ADDRESS =
  /(?<![\d.])(10\.\d{1,3}|127\.\d{1,3}|169\.254|192\.168|172\.(1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}(?![\d.])|\b[\w-]+\.(internal|local|lan|svc\.cluster\.local)(?![\w.-])/i;

const QUERY = /\b(select|insert|update|delete|with)\b.{1,200}\b(from|into|set|where|values)\b/i;

type Named = { code: 'banner' | 'internals-in-header'; header: string };

export function judgeBanner(exchanges: readonly Exchange[]): Verdict {
  const observations = exchanges.map((exchange) => {
    const named = namedIn(exchange);
    return expect(named === undefined, named?.code ?? 'banner', `${requestLine(exchange)} returned ${named?.header ?? ''}.`, exchange);
  });
  return conclude(observations, 'No response of the audit names a framework, a version, a host or a query in a header.');
}

function namedIn(exchange: Exchange): Named | undefined {
  const headers = Object.entries(exchange.response?.headers ?? {}).map(([name, values]) => [name, values.join(', ')] as const);
  const { hostname } = new URL(exchange.request.url);
  const internal = headers.find(([name, value]) => isInternal(name, value.replaceAll(hostname, '')));
  const found = internal ?? headers.find(([name, value]) => isBanner(name, value));
  return found && { code: internal === undefined ? 'banner' : 'internals-in-header', header: found.join(': ') };
}

function isInternal(name: string, value: string): boolean {
  if (name === 'server-timing') return members(value).some((metric) => QUERY.test(metric) || INTERNAL_ADDRESS.test(metric));
  // These name origins of pages.
  if (name.startsWith('access-control-')) return false;
  return INTERNAL_HEADER.test(name) || INTERNAL_ADDRESS.test(value);
}

/** X-API-Version and the protocol version in Via (RFC 9110 section 7.6.3) are allowed. */
function isBanner(name: string, value: string): boolean {
  if (name === 'server') return /\d/.test(value) || FRAMEWORK.test(value);
  if (name === 'via') return /\b(?!HTTP\/)[\w-]+\/\d/i.test(value);
  return PRODUCT_HEADER.test(name) || /^x-(?!api-).*version$/.test(name);
}
