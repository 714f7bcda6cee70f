import openapiTS, { astToString } from 'openapi-typescript';

/**
 * The committed files in client/ that are generated, by name. A test checks that they are current.
 * @param contract the text of contract/openapi.json
 */
export async function clientFiles(contract: string): Promise<Record<string, string>> {
  // A field with a default is optional in a request.
  const syntax = await openapiTS(contract, { defaultNonNullable: false });
  return { 'api.d.ts': `// Generated from contract/openapi.json by npm run generate.\n\n${astToString(syntax)}` };
}
