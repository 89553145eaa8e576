import { gzipSync } from 'node:zlib';
import { Miniflare } from 'miniflare';
import { afterEach, expect, inject, test } from 'vitest';
import { expectKnown, SOLVE_KNOWN, type KnownAnswer } from './support/program.js';
import { bundleWorker, type WorkerModule } from './support/worker.js';

const consumer = inject('consumer');
let miniflare: Miniflare | undefined;

afterEach(async () => {
  await miniflare?.dispose();
  miniflare = undefined;
});

/** Runs the Worker in workerd and returns its answer to one request. */
async function ask<T>(modules: WorkerModule[]): Promise<T> {
  miniflare = new Miniflare({ modules, compatibilityDate: '2025-05-05', cf: false });
  const response = await miniflare.dispatchFetch('http://localhost/');
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return JSON.parse(text) as T;
}

const worker = (body: string): string => `
  import * as lacuna from 'lacuna';
  ${SOLVE_KNOWN}
  export default { async fetch() { ${body} } };`;

test('solves in workerd, and the upload is below 1 MB with one .wasm file for each module', async () => {
  const modules = await bundleWorker(worker('return Response.json(await solveKnown(lacuna));'), consumer);
  expect(modules.map((module) => module.path)).toEqual(['worker.mjs', 'core-simd.wasm', 'graph-simd.wasm', 'rows.wasm', 'factor-simd.wasm', 'policy.wasm']);
  const size = modules.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0);
  console.log(`Worker upload: ${(size / 1000).toFixed(1)} kB gzip`);
  expect(size).toBeLessThan(1_000_000);
  expectKnown(await ask<KnownAnswer>(modules));
});

test('one instance serves many requests', async () => {
  const modules = await bundleWorker(`
    import { createSolver, getDefaultEngine, SparseMatrix } from 'lacuna';
    const A = SparseMatrix.fromTriplets(1, 1, [0], [0], [4]);
    export default {
      async fetch() {
        const [first, second] = await Promise.all([getDefaultEngine(), getDefaultEngine()]);
        const solver = await createSolver(A);
        const x = solver.solve([2]).x[0];
        solver.dispose();
        return Response.json({ x, same: first === second, live: first.stats().liveHandles });
      },
    };`, consumer);
  for (let i = 0; i < 3; i++) {
    const answer = i === 0 ? await ask(modules) : await (await miniflare!.dispatchFetch('http://localhost/')).json();
    expect(answer).toEqual({ x: 0.5, same: true, live: 0 });
  }
});

test('the scalar files work when imported and handed over', async () => {
  const source = `import scalar from 'lacuna/core.wasm';import graph from 'lacuna/graph.wasm';import factor from 'lacuna/factor.wasm';${worker(
    'return Response.json(await solveKnown(lacuna, { wasmModule: scalar, graph: { wasmModule: graph }, factor: { wasmModule: factor } }));',
  )}`;
  expectKnown(await ask<KnownAnswer>(await bundleWorker(source, consumer)), 'scalar');
});

test('what workerd cannot do is refused with the way that works', async () => {
  const modules = await bundleWorker(
    worker(`
      const failure = (options) => lacuna.loadEngine(options).then(() => null, ({ code, message }) => ({ code, message }));
      return Response.json({
        scalar: await failure({ variant: 'scalar' }),
        bytes: await failure({ wasmBinary: new Uint8Array(8) }),
        url: await failure({ wasmUrl: 'http://localhost/core.wasm' }),
      });`),
    consumer,
  );
  const answer = await ask<Record<string, { code: string; message: string }>>(modules);
  expect(answer['scalar']).toMatchObject({ code: 'unsupported-variant' });
  expect(answer['bytes']).toMatchObject({ code: 'load-failed' });
  expect(answer['url']).toMatchObject({ code: 'load-failed' });
  for (const { message } of Object.values(answer)) expect(message).toContain('wasmModule');
});
