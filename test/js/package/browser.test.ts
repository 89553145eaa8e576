import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { answerOf, launchChromium, openPage } from './support/chromium.js';
import { expectKnown, SOLVE_KNOWN, type KnownAnswer } from './support/program.js';
import { serve, type Answer, type StaticServer } from './support/server.js';

const STRICT = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'; img-src data:";
const LACUNA = '/lacuna/browser.mjs';
const WASM = '/lacuna/core-simd.wasm';
const GRAPH = '/lacuna/graph-simd.wasm';
const ROWS = '/lacuna/rows.wasm';
const FACTOR = '/lacuna/factor-simd.wasm';

const site = join(inject('consumer'), 'site');
let browser: Browser;
let server: StaticServer | undefined;

beforeAll(async () => {
  mkdirSync(site, { recursive: true });
  cpSync(join(inject('consumer'), 'node_modules/lacuna/dist'), join(site, 'lacuna'), { recursive: true });
  browser = await launchChromium();
});
afterAll(() => browser?.close());
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** Serves a page whose module script sets `globalThis.answer`, and opens it. */
async function visit(script: string, { csp = STRICT, answers = {} as Record<string, Answer>, worker = '' } = {}) {
  writeFileSync(join(site, 'index.html'), '<!doctype html><link rel="icon" href="data:,"><script type="module" src="main.js"></script>');
  writeFileSync(join(site, 'main.js'), script);
  writeFileSync(join(site, 'worker.js'), worker);
  server = await serve(site, { csp, answers: new Map(Object.entries(answers)) });
  const { page, noise } = await openPage(browser, `${server.origin}/index.html`);
  return { page, noise, origin: server.origin, requests: server.requests };
}

const SOLVE = `import * as lacuna from '${LACUNA}';${SOLVE_KNOWN}`;
const FAIL = `import { loadEngine } from '${LACUNA}';
  const options = {};
  const describe = (error) => ({
    code: error.code, message: error.message, details: error.details, cause: error.cause === undefined ? null : String(error.cause),
  });
  globalThis.answer = await loadEngine(options).then(() => ({ code: 'none' }), describe);`;

interface Failure {
  code: string;
  message: string;
  cause: string | null;
  details: { url: string; status: number; contentType: string };
}

describe('a page under script-src self wasm-unsafe-eval', () => {
  test('solves, in silence, with one streamed file for each module', async () => {
    const { page, noise, requests } = await visit(`${SOLVE} globalThis.answer = await solveKnown(lacuna);`);
    expectKnown(await answerOf<KnownAnswer>(page));
    expect(noise).toEqual([]);
    expect(requests.filter((path) => path.endsWith('.wasm'))).toEqual([WASM, GRAPH, ROWS, FACTOR, '/lacuna/policy.wasm']);
  });

  test('solves with the scalar files when asked', async () => {
    const { page, requests } = await visit(`${SOLVE} globalThis.answer = await solveKnown(lacuna, { variant: 'scalar' });`);
    expectKnown(await answerOf<KnownAnswer>(page), 'scalar');
    expect(requests.filter((path) => path.endsWith('.wasm'))).toEqual(['/lacuna/core.wasm', '/lacuna/graph.wasm', ROWS, '/lacuna/factor.wasm', '/lacuna/policy.wasm']);
  });

  test('fetches nothing at import, and once for many callers', async () => {
    const { page, requests } = await visit(`
      import { createSolver, SparseMatrix } from '${LACUNA}';
      const entries = () => performance.getEntriesByType('resource').filter((e) => e.name.endsWith('.wasm')).length;
      await new Promise((resolve) => setTimeout(resolve, 100));
      const atImport = entries();
      const A = SparseMatrix.fromTriplets(1, 1, [0], [0], [4]);
      const solvers = await Promise.all([1, 2, 3, 4, 5].map(() => createSolver(A)));
      globalThis.answer = { atImport, x: solvers.map((solver) => solver.solve([2]).x[0]) };`);
    expect(await answerOf(page)).toEqual({ atImport: 0, x: [0.5, 0.5, 0.5, 0.5, 0.5] });
    expect(requests.filter((path) => path.endsWith('.wasm'))).toHaveLength(1);
  });

  test('a module worker solves', async () => {
    const { page, noise } = await visit(
      `const worker = new Worker('/worker.js', { type: 'module' });
       worker.onmessage = ({ data }) => { globalThis.answer = data; };`,
      { worker: `${SOLVE} postMessage(await solveKnown(lacuna));` },
    );
    expectKnown(await answerOf<KnownAnswer>(page));
    expect(noise).toEqual([]);
  });

  test('wasmUrl is resolved against the page; wasmBinary and wasmModule work', async () => {
    const { page } = await visit(`${SOLVE}
      const fetchCore = () => fetch('/lacuna/core.wasm');
      globalThis.answer = [
        await solveKnown(lacuna, { wasmUrl: 'lacuna/core.wasm' }),
        await solveKnown(lacuna, { wasmUrl: new URL('/lacuna/core.wasm', location.href) }),
        await solveKnown(lacuna, { wasmBinary: await (await fetchCore()).arrayBuffer() }),
        await solveKnown(lacuna, { wasmModule: await WebAssembly.compileStreaming(fetchCore()) }),
      ];`);
    const answers = await answerOf<KnownAnswer[]>(page);
    expect(answers).toHaveLength(4);
    for (const answer of answers) expectKnown(answer, 'scalar');
  });

  test('a classic script loads the CommonJS bundle from beside itself', async () => {
    const { page } = await visit(
      `const shim = document.createElement('script');
       globalThis.module = { exports: {} };
       shim.src = '/lacuna/browser.cjs';
       shim.onload = async () => { ${SOLVE_KNOWN} globalThis.answer = await solveKnown(globalThis.module.exports); };
       document.head.append(shim);`,
    );
    expectKnown(await answerOf<KnownAnswer>(page));
  });
});

describe('what servers do wrong', () => {
  test.each(['application/octet-stream', 'text/plain', 'application/wasm; charset=utf-8'])(
    'the content type %s is put up with, in silence',
    async (type) => {
      const { page, noise } = await visit(`${SOLVE} globalThis.answer = await solveKnown(lacuna);`, { answers: { [WASM]: { type } } });
      expectKnown(await answerOf<KnownAnswer>(page));
      expect(noise).toEqual([]);
    },
  );

  test('404: the error names URL, status, content type and remedy', async () => {
    const { page, origin } = await visit(FAIL, { answers: { [WASM]: { status: 404, type: 'text/plain', body: 'gone' } } });
    const failure = await answerOf<Failure>(page);
    expect(failure.code).toBe('load-failed');
    expect(failure.message).toContain(`${origin}${WASM} (HTTP status 404, content type text/plain)`);
    expect(failure.message).toContain('pass wasmUrl, wasmBinary or wasmModule');
    expect(failure.details).toEqual({ url: `${origin}${WASM}`, status: 404, contentType: 'text/plain' });
  });

  test('an HTML page instead, as single-page servers send', async () => {
    const html = { status: 200, type: 'text/html; charset=utf-8', body: '<!doctype html><title>App</title>' };
    const { page, origin } = await visit(FAIL, { answers: { [WASM]: html } });
    const failure = await answerOf<Failure>(page);
    expect(failure.code).toBe('load-failed');
    expect(failure.message).toContain(`${origin}${WASM} (HTTP status 200, content type text/html; charset=utf-8) is not WebAssembly`);
    expect(failure.message).toContain('HTML page');
  });

  test('broken bytes under the right content type', async () => {
    const { page, origin } = await visit(FAIL, { answers: { [WASM]: { type: 'application/wasm', body: 'junk' } } });
    const failure = await answerOf<Failure>(page);
    expect(failure.code).toBe('load-failed');
    expect(failure.message).toContain(`${origin}${WASM}`);
    expect(failure.cause).toContain('CompileError');
  });

  test('a page that forbids WebAssembly is told what to allow', async () => {
    const csp = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:";
    const { page } = await visit(FAIL, { csp });
    const failure = await answerOf<Failure>(page);
    expect(failure.code).toBe('load-failed');
    expect(failure.message).toContain("'wasm-unsafe-eval'");
  });

  test('after a failure the next call tries again', async () => {
    const { page, requests } = await visit(
      `import { createSolver, SparseMatrix } from '${LACUNA}';
       const A = SparseMatrix.fromTriplets(1, 1, [0], [0], [4]);
       const codes = await Promise.all([1, 2, 3].map(() => createSolver(A).then(() => 'none', (error) => error.code)));
       globalThis.answer = { codes, x: (await createSolver(A)).solve([2]).x[0] };`,
      { answers: { [WASM]: { times: 1, status: 503, type: 'text/plain', body: 'later' } } },
    );
    expect(await answerOf(page)).toEqual({ codes: ['load-failed', 'load-failed', 'load-failed'], x: 0.5 });
    expect(requests.filter((path) => path === WASM)).toHaveLength(2);
  });
});
