// What is forgotten is collected some time: a net, seen working in a Node with its collector in our hands.
import { expect, it } from 'vitest';
import { evaluate } from '../support/child.js';

it('a forgotten solver gives its memory back, one that is in use does not', async () => {
  const seen = await evaluate<{ full: number; after: number; used: [number, number]; answer: number[] }>(
    `
    import { loadEngine, SparseMatrix } from 'lacuna';
    const engine = await loadEngine();
    const A = SparseMatrix.identity(2000);
    const kept = await engine.createSolver(A);
    const base = engine.stats();
    async function forget() {
      for (let k = 0; k < 20; k++) {
        const solver = await engine.createSolver(A);
        solver.rhs(new Float64Array(2000));
      }
    }
    await forget();
    const full = engine.stats().liveHandles;
    for (let k = 0; k < 50 && engine.stats().liveHandles > base.liveHandles; k++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      globalThis.gc();
    }
    const { liveHandles: after, usedBytes } = engine.stats();
    const { x } = kept.solve(new Float64Array(2000).fill(3));
    console.log(JSON.stringify({ full, after, used: [base.usedBytes, usedBytes], answer: [x[0], x[1999]] }));`,
    { flags: ['--expose-gc'] },
  );
  expect(seen.full).toBe(41);
  expect(seen.after).toBe(1);
  // The registry of solvers has grown from 16 places to 32 meanwhile.
  expect(seen.used[1] - seen.used[0]).toBeLessThan(2000);
  expect(seen.answer).toEqual([3, 3]);
});

it('a right-hand side keeps its solver alive', async () => {
  const seen = await evaluate<{ live: number; same: boolean }>(
    `
    import { loadEngine, SparseMatrix } from 'lacuna';
    const engine = await loadEngine();
    const rhs = (await engine.createSolver(SparseMatrix.identity(3))).rhs([1, 2, 3]);
    for (let k = 0; k < 20; k++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      globalThis.gc();
    }
    console.log(JSON.stringify({ live: engine.stats().liveHandles, same: !rhs.disposed }));`,
    { flags: ['--expose-gc'] },
  );
  expect(seen).toEqual({ live: 2, same: true });
});

it('a forgotten engine is collected with its memory', async () => {
  const seen = await evaluate<{ collected: boolean }>(
    `
    import { loadEngine, SparseMatrix } from 'lacuna';
    async function forget() {
      const engine = await loadEngine();
      const solver = await engine.createSolver(SparseMatrix.identity(3));
      solver.solve([1, 2, 3]);
      return new WeakRef(engine);
    }
    const reference = await forget();
    for (let k = 0; k < 50 && reference.deref() !== undefined; k++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      globalThis.gc();
    }
    console.log(JSON.stringify({ collected: reference.deref() === undefined }));`,
    { flags: ['--expose-gc'] },
  );
  expect(seen.collected).toBe(true);
});
