import { mkdirSync, writeFileSync } from 'node:fs';
import { issuerAlgorithms } from '../auth/key-set.ts';
import { secretSettings, settings, sharedSecrets } from '../config.ts';
import { openApiDocument } from './document.ts';

/** The settings as data, for deployments and audits. */
export function environmentDocument(): unknown {
  return {
    /** Of bearer tokens. HS256 where the shared secrets are set, the others where AUTH_JWKS_URL is set. */
    token_algorithms: ['HS256', ...issuerAlgorithms],
    variables: Object.entries(settings).map(([name, setting]) => {
      const defaults: Record<string, unknown> = 'defaults' in setting ? setting.defaults : {};
      const environments = ['development', 'test', 'production'];
      const isSharedSecret = sharedSecrets.some((each) => each === name);
      const optional = setting.schema.isOptional() && !isSharedSecret;
      return {
        name,
        required_in: environments.filter((environment) => !optional && !(environment in defaults) && !('_' in defaults)),
        ...(isSharedSecret && { required_unless: 'AUTH_JWKS_URL' }),
        secret: secretSettings.has(name),
        description: setting.description,
        default: Object.fromEntries(
          environments
            .filter((environment) => environment in defaults || '_' in defaults)
            .map((environment) => [environment, defaults[environment] ?? defaults['_']]),
        ),
      };
    }),
  };
}

/** The committed files in contract/, by name. A test checks that they are current. */
export function contractFiles(): Record<string, string> {
  const text = (document: unknown): string => `${JSON.stringify(document, null, 2)}\n`;
  return { 'openapi.json': text(openApiDocument()), 'environment.json': text(environmentDocument()) };
}

if (import.meta.main) {
  mkdirSync('contract', { recursive: true });
  for (const [name, text] of Object.entries(contractFiles())) writeFileSync(`contract/${name}`, text);
}
