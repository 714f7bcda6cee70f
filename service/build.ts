import { rename, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

// Renamed into place, so that two builds at once, or a start meanwhile, never see half a file.
const outfile = `dist/server.${process.pid}.js`;

// CommonJS starts sooner and needs less memory: to an ES module Node hands all that its own modules could export, lazily loaded
// ones too.
await build({
  entryPoints: ['service/server.ts'],
  outfile,
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
await writeFile('dist/package.json', '{ "type": "commonjs" }\n');
await rename(outfile, 'dist/server.js');
