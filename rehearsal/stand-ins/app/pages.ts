import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import path from 'node:path';
import { build } from 'esbuild';

const FOLDER = path.join(import.meta.dirname, 'page');

/**
 * Serves the page and its files from memory.
 * @param apiUrl compiled into the script, as Vercel does with a variable of the project
 */
export async function createPageHandler(apiUrl: string): Promise<RequestListener> {
  const [html, style, icon, script] = await Promise.all([readPage('index.html'), readPage('style.css'), readPage('icon.svg'), bundleScript(apiUrl)]);
  const files: Readonly<Record<string, { type: string; body: string }>> = {
    '/': { type: 'text/html; charset=utf-8', body: html },
    '/style.css': { type: 'text/css; charset=utf-8', body: style },
    '/icon.svg': { type: 'image/svg+xml', body: icon },
    '/main.js': { type: 'text/javascript; charset=utf-8', body: script },
  };
  return (request, response) => {
    const pathname = URL.parse(request.url ?? '/', 'http://localhost')?.pathname ?? '';
    const file = Object.hasOwn(files, pathname) ? files[pathname] : undefined;
    if (request.method !== 'GET' && request.method !== 'HEAD') response.writeHead(405, { allow: 'GET, HEAD' }).end();
    else if (file === undefined) response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('Not found\n');
    else response.writeHead(200, { 'content-type': file.type, 'cache-control': 'public, max-age=0, must-revalidate' }).end(file.body);
  };
}

function readPage(name: string): Promise<string> {
  return readFile(path.join(FOLDER, name), 'utf8');
}

async function bundleScript(apiUrl: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path.join(FOLDER, 'main.ts')],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    define: { API_URL: JSON.stringify(apiUrl) },
    write: false,
    logLevel: 'silent',
  });
  return outputFiles.map(({ text }) => text).join('');
}
