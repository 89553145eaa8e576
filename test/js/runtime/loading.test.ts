// Nothing at import, one load for all who ask, and a failure that can be tried again.
import { expect, it } from 'vitest';
import { evaluate } from '../support/child.js';

/** Source that records what touches WebAssembly or the disk. */
const WATCH = `
  import fs from 'node:fs/promises';
  import { syncBuiltinESMExports } from 'node:module';
  const calls = [];
  for (const name of ['compile', 'instantiate', 'validate', 'Module', 'Instance', 'Memory']) {
    const original = WebAssembly[name];
    WebAssembly[name] = function (...args) {
      calls.push(name);
      return new.target ? Reflect.construct(original, args) : original.apply(WebAssembly, args);
    };
    WebAssembly[name].prototype = original.prototype;
  }
  const read = fs.readFile;
  fs.readFile = (...args) => {
    // Node itself reads modules through it.
    if (String(args[0]).endsWith('.wasm')) calls.push('readFile');
    return read(...args);
  };
  syncBuiltinESMExports();
  const count = (name) => calls.filter((call) => call === name).length;`;

it('import is silent and loads nothing; a matrix needs no core', async () => {
  const seen = await evaluate<{ imported: string[]; built: string[]; used: string[] }>(`${WATCH}
    const { SparseMatrix, createSolver } = await import('lacuna');
    const imported = [...calls];
    const A = SparseMatrix.identity(3);
    A.multiply([1, 2, 3]);
    SparseMatrix.fromMatrixMarket(A.toMatrixMarket());
    const built = [...calls];
    (await createSolver(A)).dispose();
    console.log(JSON.stringify({ imported, built, used: calls }));`);
  expect(seen.imported).toEqual([]);
  expect(seen.built).toEqual([]);
  expect(seen.used).toEqual(expect.arrayContaining(['validate', 'readFile', 'compile', 'Memory', 'instantiate']));
});

it('all who ask at the same time get one engine, compiled and started once', async () => {
  const seen = await evaluate<{ same: boolean; compiled: number; started: number; answers: number[] }>(`${WATCH}
    const { getDefaultEngine, createSolver, solve, version, SparseMatrix } = await import('lacuna');
    const A = SparseMatrix.identity(2);
    const [first, second, solver, answer] = await Promise.all([getDefaultEngine(), getDefaultEngine(), createSolver(A), solve(A, [1, 2]), version()]);
    const third = await getDefaultEngine();
    const same = first === second && second === third && first.stats().liveHandles === 1;
    console.log(JSON.stringify({ same, compiled: count('compile'), started: count('instantiate'), answers: [...answer.x] }));`);
  expect(seen).toEqual({ same: true, compiled: 1, started: 1, answers: [1, 2] });
});

it('engines share the compiled module and nothing else', async () => {
  const seen = await evaluate<{ compiled: number; started: number; apart: boolean }>(`${WATCH}
    const { loadEngine, SparseMatrix } = await import('lacuna');
    const engines = await Promise.all([loadEngine(), loadEngine(), loadEngine({ memoryLimit: 2 ** 24 })]);
    await engines[0].createSolver(SparseMatrix.identity(1000));
    const apart = engines[0].stats().liveHandles === 1 && engines[1].stats().liveHandles === 0;
    console.log(JSON.stringify({ compiled: count('compile'), started: count('instantiate'), apart }));`);
  expect(seen).toEqual({ compiled: 1, started: 3, apart: true });
});

it('a failure reaches all who wait, and the next call tries again', async () => {
  const seen = await evaluate<{ codes: string[]; then: number; late: string }>(`
    import { getDefaultEngine, solve, SparseMatrix } from 'lacuna';
    const attempts = [getDefaultEngine({ wasmUrl: '/no/such/core.wasm' }), getDefaultEngine(), solve(SparseMatrix.identity(1), [1])];
    const codes = (await Promise.allSettled(attempts)).map(({ reason }) => reason?.code ?? 'fulfilled');
    const { x } = await solve(SparseMatrix.identity(1), [5]);
    const late = await getDefaultEngine({ variant: 'scalar' }).catch((error) => error.code);
    console.log(JSON.stringify({ codes, then: x[0], late }));`);
  expect(seen).toEqual({ codes: ['load-failed', 'load-failed', 'load-failed'], then: 5, late: 'invalid-option' });
});

it('the default engine is replaced once it was disposed of, also by options', async () => {
  const seen = await evaluate<{ fresh: boolean; variant: string; old: string }>(`
    import { getDefaultEngine, createSolver, SparseMatrix } from 'lacuna';
    const first = await getDefaultEngine();
    const solver = await createSolver(SparseMatrix.identity(1));
    first.dispose();
    const second = await getDefaultEngine({ variant: 'scalar' });
    let old = '';
    try { solver.solve([1]); } catch (error) { old = error.code; }
    console.log(JSON.stringify({ fresh: first !== second && !second.disposed, variant: second.variant, old }));`);
  expect(seen).toEqual({ fresh: true, variant: 'scalar', old: 'disposed' });
});
