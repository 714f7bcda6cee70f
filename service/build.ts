import { rename } from 'node:fs/promises';
import { build } from 'esbuild';

// Renamed into place, so that two builds at once, or a start meanwhile, never see half a file.
const outfile = `dist/server.${process.pid}.js`;

await build({
  entryPoints: ['service/server.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  target: 'node26',
  format: 'esm',
  minifySyntax: true,
  legalComments: 'none',
  external: ['pg-native'],
  // Bundled CommonJS packages still call require for Node's own modules.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  logLevel: 'warning',
});
await rename(outfile, 'dist/server.js');
