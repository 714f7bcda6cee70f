import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Router } from 'express';
import helmet from 'helmet';
import { type Config, ConfigError } from '../config.ts';

/** The other files of the package are examples, other builds and source maps. */
const FROM_PACKAGE = ['swagger-ui-bundle.js', 'swagger-ui.css', 'favicon-32x32.png'];
const START = 'start.js';
const ONE_YEAR_SECONDS = 31_536_000;

/** Does not store tokens, and does not send the contract to a validator. */
const options = { url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, persistAuthorization: false, validatorUrl: null };

/** An interactive page for the contract. It loads nothing from other hosts. */
export function docsRoutes(): Router {
  const files = readFiles();
  // The path contains a digest of the files, so they can be cached for a year.
  const release = createHash('sha256')
    .update(Buffer.concat([...files.values()]))
    .digest('hex')
    .slice(0, 12);
  const page = html((file) => `/docs/${release}/${file}`);

  const router = Router();
  router.get('/docs', relaxContentSecurityPolicy, (_req, res) => void res.type('html').send(page));
  router.get('/docs/:release/:file', (req, res, next) => {
    const content = req.params.release === release ? files.get(req.params.file) : undefined;
    if (content === undefined) next();
    else res.type(req.params.file).set('Cache-Control', `private, max-age=${ONE_YEAR_SECONDS}, immutable`).send(content);
  });
  return router;
}

/**
 * The page's origins on a developer's machine, from which it may write without being listed. They come from the settings, never from the
 * Host header, which DNS rebinding could forge. In production only listed origins are allowed.
 */
export function docsOrigins({ apiDocs, environment, port }: Pick<Config, 'apiDocs' | 'environment' | 'port'>): string[] {
  if (!apiDocs || environment === 'production') return [];
  return ['localhost', '127.0.0.1', '[::1]'].map((host) => new URL(`http://${host}:${port}`).origin);
}

/** The page may load from this service and call it. Images in its style sheet are data URLs. */
const relaxContentSecurityPolicy = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
});

/** @throws {ConfigError} if the package is not installed */
function readFiles(): Map<string, Buffer> {
  try {
    const manifest = import.meta.resolve('swagger-ui-dist/package.json');
    const read = (file: string): Buffer => readFileSync(new URL(file, manifest));
    const start = Buffer.from(`SwaggerUIBundle(${JSON.stringify(options)});\n`);
    return new Map([...FROM_PACKAGE.map((file): [string, Buffer] => [file, read(file)]), [START, start]]);
  } catch {
    throw new ConfigError(['API_DOCS is true, but the package swagger-ui-dist is not installed: run npm ci, or set API_DOCS to false.']);
  }
}

/** Not Swagger UI's own page, which shows an example from another host. */
function html(pathOf: (file: string) => string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Tasks API</title>
    <link rel="icon" href="${pathOf('favicon-32x32.png')}">
    <link rel="stylesheet" href="${pathOf('swagger-ui.css')}">
    <script defer src="${pathOf('swagger-ui-bundle.js')}"></script>
    <script defer src="${pathOf(START)}"></script>
  </head>
  <body>
    <div id="swagger-ui"></div>
  </body>
</html>
`;
}
