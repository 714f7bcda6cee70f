import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { build } from 'esbuild';
import { settings } from './config.ts';

const bundle = `dist/service.${process.pid}.js`;

// CommonJS starts sooner and needs less memory: to an ES module Node hands all that its own modules could export, lazily loaded
// ones too.
await build({
  entryPoints: ['service/server.ts'],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  target: 'node26',
  format: 'cjs',
  minifySyntax: true,
  legalComments: 'none',
  external: ['pg-native'],
  define: { 'import.meta.resolve': 'resolveModule' },
  banner: { js: "'use strict'; const resolveModule = (name) => require('node:url').pathToFileURL(require.resolve(name)).href;" },
  logLevel: 'warning',
});
await rename(bundle, 'dist/service.js');
await put('package.json', '{ "type": "commonjs" }\n');
// V8 compiles the bundle here, once for each Node that may start it.
await put('server.js', "require('node:module').enableCompileCache({ directory: `${__dirname}/cache`, portable: true });\nrequire('./service.js');\n");
for (const node of [process.execPath, ...platformNode()]) {
  // Without its settings the service names them and exits. By then all it loads has been compiled.
  const env = { ...process.env, ...Object.fromEntries(Object.keys(settings).map((name) => [name, undefined])) };
  spawnSync(node, ['dist/server.js'], { env, stdio: 'ignore', timeout: 10_000 });
}

/** The Node of the platform. It starts the image once development dependencies, the package `node` among them, are pruned. */
function platformNode(): string[] {
  const directories = (process.env['PATH'] ?? '').split(delimiter).filter((directory) => !directory.includes('node_modules'));
  return directories
    .map((directory) => join(directory, 'node'))
    .filter((path) => existsSync(path))
    .slice(0, 1);
}

/** Renamed into place, so that two builds at once, or a start meanwhile, never see half a file. */
async function put(name: string, text: string): Promise<void> {
  const draft = `dist/${name}.${process.pid}`;
  await writeFile(draft, text);
  await rename(draft, `dist/${name}`);
}
