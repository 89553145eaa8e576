// Solvers by a policy whose values change: each set of values is a system that it learns of.
import { createWitness, type Engine, loadEngine, SparseMatrix } from 'lacuna';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LearningPolicy } from '../../../src/ts/policy/learning-policy.js';
import type { PolicyOptions } from '../../../src/ts/policy/policy.js';
import { poisson2d } from '../support/generate.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});
afterAll(() => {
  expect(engine.stats().liveHandles).toBe(0);
  engine.dispose();
});

async function make(options?: PolicyOptions): Promise<LearningPolicy> {
  return (await engine.maker('policy')).newPolicy({ state: null, ...options }) as LearningPolicy;
}

interface Learned {
  readonly arm: string;
  readonly certified: boolean;
  readonly work: number;
}

/** What a policy has told a witness. */
function learned(witness: { length: number; commitment(k: number): { kind: string; report?: object } | undefined }): Learned[] {
  const all = Array.from({ length: witness.length }, (_, k) => witness.commitment(k)!);
  return all.filter(({ kind }) => kind === 'policy').map(({ report }) => report as Learned);
}

/** A grid whose diagonal is larger by `shift`. */
function shifted(shift: number): SparseMatrix {
  const { rows, cols } = poisson2d(12);
  const { indptr, indices, data } = poisson2d(12).toCsr();
  const values = data.map((value) => (value > 0 ? value + shift : value));
  return SparseMatrix.fromCsr(rows, cols, indptr, indices, values);
}

describe('a solver by a policy that is updated', () => {
  it('teaches it once for each set of values, what a new solver would have', async () => {
    using witness = await createWitness({ engine });
    using policy = await make({ seed: 1, learning: 'memory', witness });
    const b = Float64Array.from({ length: 144 }, (_, i) => Math.sin(i));
    using solver = await policy.createSolver(engine, shifted(1), { method: 'cg', preconditioner: 'jacobi' });
    for (const shift of [1, 3, 0.01, 3]) {
      if (shift !== 1 || solver.report.attempts.length > 1) solver.update(shifted(shift));
      solver.solve(b);
      solver.solve(b);
    }
    const found = learned(witness);
    expect(found).toHaveLength(4);
    expect(policy.stats()).toMatchObject({ records: 4, certified: 4, entries: 1 });
    // The same values cost the same, and a larger diagonal takes fewer iterations.
    expect(found[1]!.work).toBe(found[3]!.work);
    expect(found[1]!.work).toBeLessThan(found[0]!.work);
    expect(found[2]!.work).toBeGreaterThan(found[0]!.work);
    for (const [k, shift] of [[0, 1], [1, 3], [2, 0.01]] as const) {
      using another = await make({ learning: 'memory', witness });
      using fresh = await another.createSolver(engine, shifted(shift), { method: 'cg', preconditioner: 'jacobi' });
      fresh.solve(b);
      expect(learned(witness).at(-1)!.work).toBe(found[k]!.work);
    }
  });

  it('is remembered by the number of its uses, and trusted after enough of them', async () => {
    using policy = await make({ seed: 2 });
    const b = new Float64Array(144).fill(1);
    using solver = await policy.createSolver(engine, shifted(1));
    solver.solve(b);
    const { arm } = policy.explain().proposal;
    for (let k = 0; k < 9; k++) {
      solver.update(shifted(1 + k / 10));
      solver.solve(b);
    }
    policy.propose(shifted(1), { explore: false });
    expect(policy.explain().remembered).toMatchObject({ arm, uses: 10, successes: 10 });
  });

  it('tells it where the plan fails on new values, with the features of these', async () => {
    using witness = await createWitness({ engine });
    using policy = await make({ seed: 3, witness });
    // The plan that a policy without experience takes on these is Cholesky's by the rules.
    using solver = await policy.createSolver(engine, shifted(1), { method: 'cg', preconditioner: 'jacobi' });
    const b = Float64Array.from({ length: 144 }, (_, i) => Math.cos(i));
    solver.solve(b);
    // Indefinite: the mean eigenvalue of the grid is that of its diagonal.
    solver.update(shifted(-3.9));
    const { report } = solver.solve(b);
    expect(report.converged).toBe(true);
    const found = learned(witness);
    expect(found.map(({ certified }) => certified)).toEqual([true, false]);
    expect(found[1]!.arm).toBe('cg+jacobi');
  });

  it('goes on without a policy that is disposed of', async () => {
    const policy = await make();
    using solver = await policy.createSolver(engine, shifted(1));
    const b = new Float64Array(144).fill(1);
    policy.dispose();
    solver.update(shifted(2));
    expect(solver.solve(b).report.converged).toBe(true);
  });
});
