import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { expectKnown, SOLVE_KNOWN, type KnownAnswer } from './support/program.js';
import { root, runProgram } from './support/process.js';

const consumer = inject('consumer');
const runtimes = join(root, 'test/runtimes/node_modules');

/** Runs ESM source in the consumer's folder and returns what it printed, which must be JSON and all there is. */
async function evaluate<T>(source: string, { node = process.execPath, flags = [] as string[] } = {}): Promise<T> {
  const { code, stdout, stderr } = await runProgram(node, [...flags, '--input-type=module', '--eval', source], { cwd: consumer });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout) as T;
}

describe.each([
  { name: 'this Node', node: process.execPath },
  { name: 'Node 22', node: join(runtimes, 'node22/bin/node') },
  { name: 'Node 26', node: join(runtimes, 'node26/bin/node') },
])('$name', ({ name, node }) => {
  // The other versions are npm packages for Linux on x86-64 only.
  const missing = !existsSync(node);
  if (missing) console.warn(`skipped: ${name} is not installed (${node})`);

  test.skipIf(missing)('imports and solves, all variants', async () => {
    const { stdout } = await runProgram(node, ['--version']);
    // Node 20 runs relaxed SIMD when asked to.
    const flags = stdout.startsWith('v20') ? ['--experimental-wasm-relaxed-simd'] : [];
    for (const variant of ['simd', 'scalar', 'relaxed'] as const) {
      const source = `import * as lacuna from 'lacuna';${SOLVE_KNOWN}
        console.log(JSON.stringify(await solveKnown(lacuna, { variant: '${variant}' })));`;
      expectKnown(await evaluate<KnownAnswer>(source, { node, flags: variant === 'relaxed' ? flags : [] }), variant);
    }
  });

  test.skipIf(missing)('requires and solves', async () => {
    const source = `const lacuna = require('lacuna');${SOLVE_KNOWN}
      solveKnown(lacuna).then((answer) => console.log(JSON.stringify(answer)));`;
    const { code, stdout, stderr } = await runProgram(node, ['--input-type=commonjs', '--eval', source], { cwd: consumer });
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expectKnown(JSON.parse(stdout) as KnownAnswer);
  });
});

// This flag of V8 takes away the processor feature that its SIMD needs, on x86-64.
describe.skipIf(process.arch !== 'x64')('an engine without SIMD', () => {
  const flags = ['--no-enable-sse4-1'];

  test('gets the scalar build by itself', async () => {
    const source = `import * as lacuna from 'lacuna';${SOLVE_KNOWN}console.log(JSON.stringify(await solveKnown(lacuna)));`;
    expectKnown(await evaluate<KnownAnswer>(source, { flags }), 'scalar');
  });

  test('refuses the SIMD build when it is forced', async () => {
    const source = `import { loadEngine } from 'lacuna';
      const failure = await loadEngine({ variant: 'simd' }).then(() => null, ({ code, message }) => ({ code, message }));
      console.log(JSON.stringify(failure));`;
    const failure = await evaluate<{ code: string; message: string }>(source, { flags });
    expect(failure.code).toBe('unsupported-variant');
    expect(failure.message).toContain("Use 'auto' or 'scalar'");
  });
});

describe('Deno', () => {
  const deno = join(runtimes, '@deno/linux-x64-glibc/deno');
  const missing = !existsSync(deno);
  if (missing) console.warn(`skipped: Deno is not installed (${deno})`);
  let cache = '';

  beforeAll(() => {
    cache = mkdtempSync(join(tmpdir(), 'lacuna-deno-'));
  });
  afterAll(() => rmSync(cache, { recursive: true, force: true }));

  test.skipIf(missing)('imports and solves with no permission but reading', async () => {
    const file = join(consumer, 'deno.mjs');
    writeFileSync(file, `import * as lacuna from 'lacuna';${SOLVE_KNOWN}console.log(JSON.stringify(await solveKnown(lacuna)));`);
    const { code, stdout, stderr } = await runProgram(deno, ['run', '--quiet', '--no-prompt', '--cached-only', '--allow-read', file], {
      cwd: consumer,
      env: { DENO_DIR: cache, DENO_NO_UPDATE_CHECK: '1' },
    });
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expectKnown(JSON.parse(stdout) as KnownAnswer);
  });
});

describe('manners', () => {
  test('import does nothing: no WebAssembly, no file read, no output, no listeners', async () => {
    const source = `
      const calls = [];
      for (const name of ['compile', 'instantiate', 'validate', 'Module', 'Instance', 'Memory', 'Table']) {
        const original = WebAssembly[name];
        WebAssembly[name] = new Proxy(original, {
          apply: (target, self, args) => (calls.push(name), Reflect.apply(target, self, args)),
          construct: (target, args) => (calls.push(name), Reflect.construct(target, args)),
        });
      }
      const listeners = () => process.eventNames().map((name) => [String(name), process.listenerCount(name)]).sort();
      const before = listeners();
      const lacuna = await import('lacuna');
      const atImport = [...calls];
      ${SOLVE_KNOWN}
      await solveKnown(lacuna);
      console.log(JSON.stringify({ atImport, atUse: calls.length, before, after: listeners() }));`;
    const seen = await evaluate<{ atImport: string[]; atUse: number; before: unknown; after: unknown }>(source);
    expect(seen.atImport).toEqual([]);
    expect(seen.atUse).toBeGreaterThan(0);
    expect(seen.after).toEqual(seen.before);
  });

  test('leaves nothing that keeps the process alive', async () => {
    const start = performance.now();
    await evaluate(`import { getDefaultEngine } from 'lacuna'; await getDefaultEngine(); console.log('0');`);
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  test('needs no code generation from strings', async () => {
    const source = `import * as lacuna from 'lacuna';${SOLVE_KNOWN}console.log(JSON.stringify(await solveKnown(lacuna)));`;
    expectKnown(await evaluate<KnownAnswer>(source, { flags: ['--disallow-code-generation-from-strings'] }));
    for (const file of ['node.mjs', 'node.cjs', 'browser.mjs', 'browser.cjs', 'workerd.mjs']) {
      const text = readFileSync(join(consumer, 'node_modules/lacuna/dist', file), 'utf8');
      expect(text, file).not.toMatch(/\bnew Function\b|\beval\(/);
    }
  });

  test('only the Node bundles mention Node', () => {
    for (const file of ['browser.mjs', 'browser.cjs', 'workerd.mjs']) {
      const text = readFileSync(join(consumer, 'node_modules/lacuna/dist', file), 'utf8');
      expect(text, file).not.toMatch(/node:|\brequire\(/);
    }
  });
});

describe('ways to bring the core', () => {
  test.each([
    { way: 'wasmUrl, a URL', options: `{ wasmUrl: new URL(import.meta.resolve('lacuna/core.wasm')) }` },
    { way: 'wasmUrl, a file: string', options: `{ wasmUrl: import.meta.resolve('lacuna/core.wasm') }` },
    { way: 'wasmUrl, a path', options: `{ wasmUrl: createRequire(import.meta.resolve('lacuna')).resolve('lacuna/core.wasm') }` },
    { way: 'wasmBinary', options: `{ wasmBinary: readFileSync(new URL(import.meta.resolve('lacuna/core.wasm'))) }` },
    {
      way: 'wasmModule',
      options: `{ wasmModule: new WebAssembly.Module(readFileSync(new URL(import.meta.resolve('lacuna/core.wasm')))) }`,
    },
  ])('$way: used whatever the variant, which is reported truly', async ({ options }) => {
    const source = `
      import { readFileSync } from 'node:fs';
      import { createRequire } from 'node:module';
      import * as lacuna from 'lacuna';
      ${SOLVE_KNOWN}
      console.log(JSON.stringify(await solveKnown(lacuna, ${options})));`;
    expectKnown(await evaluate<KnownAnswer>(source), 'scalar');
  });

  test('a worker thread loads too', async () => {
    const program = `import * as lacuna from 'lacuna';import { parentPort } from 'node:worker_threads';${SOLVE_KNOWN}
      parentPort.postMessage(await solveKnown(lacuna));`;
    writeFileSync(join(consumer, 'thread.mjs'), program);
    const source = `
      import { Worker } from 'node:worker_threads';
      new Worker('./thread.mjs', { execArgv: [] }).once('message', (answer) => console.log(JSON.stringify(answer)));`;
    expectKnown(await evaluate<KnownAnswer>(source));
  });
});

describe('failures to load', () => {
  interface Failure {
    code: string;
    message: string;
    name: string;
    cause: string | null;
    details: Record<string, unknown> | null;
    then: string;
  }

  /** Tries to load with bad options, then with good ones. */
  const attempt = (options: string, prelude = ''): Promise<Failure> =>
    evaluate<Failure>(`
      import { loadEngine, LacunaError } from 'lacuna';
      ${prelude}
      try {
        await loadEngine(${options});
        console.log('null');
      } catch (error) {
        const engine = await loadEngine();
        console.log(JSON.stringify({
          code: error instanceof LacunaError ? error.code : 'foreign', name: error.name, message: error.message,
          cause: error.cause === undefined ? null : String(error.cause), details: error.details ?? null, then: engine.version(),
        }));
      }`);

  test('a missing file: its URL, the cause, the remedy', async () => {
    const failure = await attempt(`{ wasmUrl: 'file:///no/such/core.wasm' }`);
    expect(failure).toMatchObject({ code: 'load-failed', name: 'LacunaError', details: { url: 'file:///no/such/core.wasm' } });
    expect(failure.cause).toContain('ENOENT');
    expect(failure.message).toMatch(/file:\/\/\/no\/such\/core\.wasm could not be read .*wasmUrl, wasmBinary or wasmModule/);
  });

  test('a server that is not there', async () => {
    const failure = await attempt(`{ wasmUrl: 'http://127.0.0.1:9/core.wasm' }`);
    expect(failure).toMatchObject({ code: 'load-failed' });
    expect(failure.message).toContain('http://127.0.0.1:9/core.wasm could not be fetched');
    expect(failure.cause).toContain('fetch failed');
  });

  test.each([
    { what: 'HTML', bytes: `new TextEncoder().encode('<!DOCTYPE html><title>Not found</title>')`, says: /HTML page/ },
    { what: 'nothing', bytes: 'new Uint8Array(0)', says: /it is empty/ },
    { what: 'other bytes', bytes: 'new Uint8Array([1, 2, 3, 4])', says: /begins with 01 02 03 04 instead of 00 61 73 6d/ },
    { what: 'a broken module', bytes: 'new Uint8Array([0, 97, 115, 109, 9, 9, 9, 9])', says: /could not be compiled/ },
    { what: 'somebody else’s module', bytes: 'new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])', says: /same version of lacuna/ },
  ])('$what instead of the core', async ({ bytes, says }) => {
    const failure = await attempt(`{ wasmBinary: ${bytes} }`);
    expect(failure.code).toBe('load-failed');
    expect(failure.message).toMatch(says);
  });

  test.each([
    { options: '{ wasmURL: "x" }', argument: 'options.wasmURL' },
    { options: '{ variant: "sse" }', argument: 'options.variant' },
    { options: '{ wasmModule: {} }', argument: 'options.wasmModule' },
    { options: '{ wasmBinary: "AGFzbQ==" }', argument: 'options.wasmBinary' },
    { options: '{ wasmBinary: new Uint8Array(new SharedArrayBuffer(8)) }', argument: 'options.wasmBinary' },
    { options: '{ wasmUrl: 7 }', argument: 'options.wasmUrl' },
    { options: '{ wasmUrl: "a.wasm", wasmBinary: new Uint8Array(8) }', argument: 'options' },
    { options: '{ memoryLimit: 0 }', argument: 'options.memoryLimit' },
    { options: '{ memoryLimit: 1.5e6 + 0.5 }', argument: 'options.memoryLimit' },
    { options: '{ memoryLimit: 2 ** 33 }', argument: 'options.memoryLimit' },
    { options: '{ memoryLimit: 65536 }', argument: 'options.memoryLimit' },
  ])('$options is an invalid option', async ({ options, argument }) => {
    const failure = await attempt(options);
    expect(failure.code).toBe('invalid-option');
    expect(failure.message.startsWith(`${argument}: `), failure.message).toBe(true);
  });

  test('no address space for the memory: out-of-memory, not a crash', async () => {
    // V8 reserves 8 GiB for each memory, whatever its size, so that it need not check bounds.
    const source = `
      import { loadEngine } from 'lacuna';
      try { await loadEngine(); console.log('loaded'); } catch (error) { console.log(error.code); }`;
    const limited = `ulimit -v 8000000; exec "$0" --input-type=module --eval "$1"`;
    const { stdout, stderr } = await runProgram('bash', ['-c', limited, process.execPath, source], { cwd: consumer });
    expect({ stdout, stderr }).toEqual({ stdout: 'out-of-memory\n', stderr: '' });
  });

  test('a failure is shared by all who wait, and the next call tries again', async () => {
    // The packaged file itself is hidden for a while: a failure of the default way.
    const source = `
      import { renameSync } from 'node:fs';
      import { fileURLToPath } from 'node:url';
      import { loadEngine, createSolver, SparseMatrix, getDefaultEngine } from 'lacuna';
      const file = fileURLToPath(import.meta.resolve('lacuna/core-simd.wasm'));
      const A = SparseMatrix.fromTriplets(1, 1, [0], [0], [4]);
      renameSync(file, file + '.hidden');
      const errors = await Promise.all([1, 2, 3].map(() => createSolver(A).then(() => null, (error) => error)));
      renameSync(file + '.hidden', file);
      const solvers = await Promise.all([1, 2, 3].map(() => createSolver(A)));
      const engines = await Promise.all([getDefaultEngine(), getDefaultEngine()]);
      console.log(JSON.stringify({
        codes: errors.map((error) => error?.code),
        one: errors.every((error) => error === errors[0]),
        x: solvers.map((solver) => solver.solve([2]).x[0]),
        sameEngine: engines[0] === engines[1],
      }));`;
    const seen = await evaluate(source);
    expect(seen).toEqual({
      codes: ['load-failed', 'load-failed', 'load-failed'],
      one: true,
      x: [0.5, 0.5, 0.5],
      sameEngine: true,
    });
  });
});
