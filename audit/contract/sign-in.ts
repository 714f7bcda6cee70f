import { record } from '../model/json.ts';
import { bodySchema, declared, type Json, propertiesOf, resolve } from './openapi-document.ts';
import { wordsOf } from './words.ts';

const NAME = /\b(log ?in|sign ?(in|up)|register|registration|token|auth|authentication|sessions?)\b/;

/**
 * Whether an operation signs a user in or up: it is named like one, and takes a password or a form. A requirement of credentials that it
 * inherits from the document has no meaning, and what it creates is not a private object.
 */
export function isSignIn(document: Json, place: { path: string; method: string }): boolean {
  const { operationId = '', requestBody } = declared(document, place);
  if (place.method.toLowerCase() !== 'post' || !NAME.test(wordsOf(`${place.path} ${String(operationId)}`).join(' '))) return false;
  const types = Object.keys(record(resolve(document, requestBody)['content']));
  const takesForm = types.length > 0 && types.every((type) => /form/i.test(type));
  return takesForm || propertiesOf(document, bodySchema(document, place)).some(([name]) => /passw(or)?d|passphrase/i.test(name));
}
