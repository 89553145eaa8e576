import { type Engine, loadEngine, type SolverOptions, SparseMatrix } from 'lacuna';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { followedBy } from '../../../src/ts/policy/followed.js';
import type { PolicyArm } from '../../../src/ts/policy/policy.js';
import { workOf } from '../../../src/ts/policy/work.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});
afterAll(() => {
  expect(engine.stats().liveHandles).toBe(0);
  engine.dispose();
});

const arm = (name: string, method: PolicyArm['method']): PolicyArm => ({ name, method, preconditioner: 'none', ordering: 'auto' });
const ARMS = [arm('cholesky', 'cholesky'), arm('ldlt', 'ldlt'), arm('lu', 'lu')];

/** A grid that is indefinite, with a positive diagonal. */
function indefinite(side: number): SparseMatrix {
  const n = side * side;
  const edges = Array.from({ length: n }, (_, i) => [...(i % side < side - 1 ? [[i, i + 1] as const] : []), ...(i + side < n ? [[i, i + side] as const] : [])]).flat();
  const laplacian = SparseMatrix.laplacian(n, edges, { shift: 0 }).toCsr();
  const data = laplacian.data.map((value) => (value > 0 ? value - 0.9 : value));
  return SparseMatrix.fromCsr(n, n, laplacian.indptr, laplacian.indices, data);
}

async function solved(A: SparseMatrix, options: SolverOptions) {
  const solver = await engine.createSolver(A, options);
  const { report } = solver.solve(Float64Array.from({ length: A.rows }, (_, i) => 1 + (i % 7)));
  const setup = solver.report;
  solver.dispose();
  return { setup, report, work: workOf(setup, [report]) };
}

describe('what followed a plan', () => {
  const A = indefinite(12);

  it('is told of what answered at what that costs alone, and of what failed before', async () => {
    const { setup, report, work } = await solved(A, {});
    expect(report.attempts.map(({ method, outcome }) => [method, outcome])).toEqual([['cholesky', 'indefinite-matrix'], ['ldlt', 'used']]);
    const alone = await solved(A, { method: 'ldlt' });
    expect(followedBy({ arm: 'auto', method: 'auto' }, 'cholesky', ARMS, setup, report, 1, work)).toEqual([
      { arm: 'ldlt', outcome: { certified: true, work: alone.work } },
      { arm: 'cholesky', outcome: { certified: false, work } },
    ]);
    expect(alone.work).toBeLessThan(work);
  });

  it('is the rules where the plan is what they begin with', async () => {
    const { setup, report, work } = await solved(A, { method: 'cholesky', ordering: 'rcm', prefer: true });
    const told = followedBy({ arm: 'cholesky:rcm', method: 'cholesky' }, 'cholesky', ARMS, setup, report, 1, work);
    expect(told.map((one) => [one.arm, one.outcome.certified])).toEqual([['ldlt', true], ['auto', true]]);
  });

  it('is the same method in an order of its own where a limit cut it off', async () => {
    const { setup, report, work } = await solved(A, { method: 'ldlt', ordering: 'natural', prefer: true, maxFlops: 100 });
    expect(report.attempts[0]).toMatchObject({ method: 'ldlt', outcome: 'over-budget' });
    expect(report.attempts.at(-1)).toMatchObject({ method: 'ldlt', outcome: 'used' });
    expect(followedBy({ arm: 'ldlt:natural', method: 'ldlt' }, 'cholesky', ARMS, setup, report, 1, work)[0]).toMatchObject({ arm: 'ldlt', outcome: { certified: true } });
  });

  it('is nothing where the first plan answered', async () => {
    const { setup, report, work } = await solved(A, { method: 'ldlt' });
    expect(followedBy({ arm: 'ldlt', method: 'ldlt' }, 'cholesky', ARMS, setup, report, 1, work)).toEqual([]);
  });
});
