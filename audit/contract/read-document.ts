import { upgrade } from '@scalar/openapi-upgrader';
import { parse } from 'yaml';
import { record } from '../model/json.ts';
import { ContractError } from './contract-error.ts';
import { isPresent, type Json, list } from './openapi-document.ts';
import { readText } from './text-file.ts';

/**
 * Reads an OpenAPI document in JSON or YAML as version 3.1, with the path of its server in front of each path.
 * @throws {ContractError} naming every reference that cannot be followed, or why the file is not an OpenAPI document
 */
export function readDocument(file: string): Json {
  const given = parseDocument(readText(file));
  const { openapi, swagger } = given;
  if (typeof openapi !== 'string' && swagger !== '2.0')
    throw new ContractError(['it is not an OpenAPI document, because it has no field "openapi" with a version such as 3.1.0.']);
  const problems = brokenReferences(given, given).map((problem) => problem.replace('<file>', file));
  if (problems.length > 0) throw new ContractError([...new Set(problems)]);
  const document: Json = /^3\.[1-9]/.test(String(openapi)) ? given : upgrade(given, '3.1');
  const prefix = pathOfServer(document);
  if (prefix === '') return document;
  return { ...document, paths: Object.fromEntries(Object.entries(record(document['paths'])).map(([path, item]) => [`${prefix}${path}`, item])) };
}

/** JSON is parsed as such: its errors are clearer, and it may have tabs, which YAML forbids. */
function parseDocument(text: string): Json {
  try {
    const plain = text.replace(/^\uFEFF/, '');
    return record(/^\s*\{/.test(plain) ? JSON.parse(plain) : parse(plain));
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new ContractError([`it is neither JSON nor YAML: ${reason.replace(/[.:]?$/, '.')}`]);
  }
}

/** Data, in which `$ref` has no meaning. */
const DATA = new Set(['example', 'examples', 'default', 'const', 'enum']);

function brokenReferences(document: Json, value: unknown, at = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const reference = Array.isArray(value) ? undefined : record(value)['$ref'];
  const place = at.replace(/^\./, '');
  const own =
    typeof reference !== 'string'
      ? []
      : !reference.startsWith('#')
        ? [`${place}: ${reference} is in another file. Bundle the document first: npx @redocly/cli bundle <file> --output bundled.json`]
        : isPresent(document, reference)
          ? []
          : [`${place}: ${reference} does not exist.`];
  const below = Object.entries(value).filter(([name]) => !DATA.has(name) || /\.(properties|schemas)$/.test(at));
  return [...own, ...below.flatMap(([name, each]) => brokenReferences(document, each, `${at}.${name}`))];
}

/** The path of the first server, without a slash at its end. */
function pathOfServer(document: Json): string {
  const { url = '/', variables } = record(list(document['servers'])[0]);
  const filled = String(url).replaceAll(/\{([^}]+)\}/g, (_, name: string) => defaultOf(record(variables)[name]));
  return (URL.parse(filled, 'https://api.invalid')?.pathname ?? '').replace(/\/+$/, '');
}

function defaultOf(variable: unknown): string {
  const { default: value } = record(variable);
  return typeof value === 'string' ? value : '';
}
