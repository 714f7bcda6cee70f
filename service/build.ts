import { build } from 'esbuild';

await build({
  entryPoints: ['service/server.ts'],
  outfile: 'dist/server.js',
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
