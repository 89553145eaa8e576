// Serves the page and the built package on the loopback interface: npm run example.

import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const PACKAGE = '/lacuna/dist/';
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
};

if (!existsSync(join(dist, 'browser.mjs'))) {
  console.error('dist/ is not built: run npm run build first.');
  process.exit(1);
}

// Import maps are inline scripts, which a strict policy allows by their hash.
const [, map] = /<script type="importmap">(.*?)<\/script>/s.exec(readFileSync(join(here, 'index.html'), 'utf8'));
const hash = createHash('sha256').update(map).digest('base64');
const HEADERS = {
  'content-security-policy': `default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'sha256-${hash}'; style-src 'self'; connect-src 'self'; img-src data:`,
  // An isolated page has a finer clock.
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cache-control': 'no-cache',
};

function fileOf(url) {
  let path;
  try {
    path = normalize(decodeURIComponent(new URL(url, 'http://localhost').pathname));
  } catch {
    return undefined;
  }
  const file = path.startsWith(PACKAGE) ? join(dist, path.slice(PACKAGE.length)) : join(here, path === '/' ? 'index.html' : path);
  return TYPES[extname(file)] !== undefined && existsSync(file) && statSync(file).isFile() ? file : undefined;
}

const server = createServer((request, response) => {
  const file = fileOf(request.url);
  if (file === undefined) {
    response.writeHead(404, { ...HEADERS, 'content-type': 'text/plain' }).end('not found');
    return;
  }
  response.writeHead(200, { ...HEADERS, 'content-type': TYPES[extname(file)] });
  createReadStream(file).pipe(response);
});

server.on('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
