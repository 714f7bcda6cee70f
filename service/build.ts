import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { settings } from './config.ts';

const bundle = `dist/service.${process.pid}.js`;

// CommonJS starts faster and needs less memory: for an ES module Node also loads its own lazy modules.
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
// Compiles the bundle once for each Node that may start it.
await put('server.js', "require('node:module').enableCompileCache({ directory: `${__dirname}/cache`, portable: true });\nrequire('./service.js');\n");
for (const node of [process.execPath, ...platformNode()]) {
  // Without its settings the service exits, after all of its code is loaded and compiled.
  // NODE_COMPILE_CACHE would take the compiled code elsewhere.
  const env = { ...process.env, ...Object.fromEntries([...Object.keys(settings), 'NODE_COMPILE_CACHE'].map((name) => [name, undefined])) };
  spawnSync(node, ['dist/server.js'], { env, stdio: 'ignore', timeout: 10_000 });
}

/** The platform's Node, which starts the image if the development dependencies, including the package `node`, are pruned. */
function platformNode(): string[] {
  const directories = (process.env['PATH'] ?? '').split(path.delimiter).filter((directory) => !directory.includes('node_modules'));
  return directories
    .map((directory) => path.join(directory, 'node'))
    .filter((file) => existsSync(file))
    .slice(0, 1);
}

/** Renames into place, so that concurrent builds and starts never see half a file. */
async function put(name: string, text: string): Promise<void> {
  const draft = `dist/${name}.${process.pid}`;
  await writeFile(draft, text);
  await rename(draft, `dist/${name}`);
}
