import { spawnSync } from 'node:child_process';
import { rename, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

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
// V8 compiles the bundle once, here. The cache is of one version of Node: another one takes it for none.
await put('server.js', "require('node:module').enableCompileCache({ directory: `${__dirname}/cache`, portable: true });\nrequire('./service.js');\n");
// Without settings it says what is missing, and ends; by then all it loads has been compiled.
spawnSync(process.execPath, ['dist/server.js'], { env: {}, stdio: 'ignore', timeout: 10_000 });

/** Renamed into place, so that two builds at once, or a start meanwhile, never see half a file. */
async function put(name: string, text: string): Promise<void> {
  const draft = `dist/${name}.${process.pid}`;
  await writeFile(draft, text);
  await rename(draft, `dist/${name}`);
}
