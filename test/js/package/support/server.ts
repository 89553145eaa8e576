import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** What the server answers instead of a file. */
export interface Answer {
  /** Given this many times, then the file itself; by default always. */
  times?: number;
  status?: number;
  type?: string;
  body?: string;
}

export interface ServeOptions {
  /** Value of the Content-Security-Policy header of every answer. */
  csp?: string;
  /** Looked at before the folder; `type` alone serves the file under another content type. */
  answers?: Map<string, Answer>;
}

/** A static file server on a free loopback port. */
export interface StaticServer {
  readonly origin: string;
  /** Paths asked for so far, in order. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** Serves a folder. */
export async function serve(folder: string, { csp, answers = new Map() }: ServeOptions = {}): Promise<StaticServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    requests.push(path);
    if (csp !== undefined) response.setHeader('content-security-policy', csp);
    const prepared = answers.get(path);
    const used = requests.filter((earlier) => earlier === path).length;
    const answer = prepared !== undefined && used <= (prepared.times ?? Infinity) ? prepared : {};
    const file = join(folder, normalize(path));
    const type = answer.type ?? TYPES[extname(file)] ?? 'application/octet-stream';
    if (answer.body !== undefined) {
      response.writeHead(answer.status ?? 200, { 'content-type': type }).end(answer.body);
    } else if (existsSync(file) && statSync(file).isFile()) {
      response.writeHead(200, { 'content-type': type });
      createReadStream(file).pipe(response);
    } else {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, requests, close: () => closeServer(server) };
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
