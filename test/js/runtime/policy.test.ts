// Policies: what they propose, what they learn of solvers, what they may never do.
import { Worker } from 'node:worker_threads';
import { createWitness, type Engine, LacunaError, loadEngine, SparseMatrix } from 'lacuna';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LearningPolicy } from '../../../src/ts/policy/learning-policy.js';
import type { PolicyOptions } from '../../../src/ts/policy/policy.js';
import { FEATURES } from '../../../src/ts/policy/feature-names.js';
import { SOURCES, TRUSTS } from '../../../src/ts/policy/decision.js';
import { ORDERINGS } from '../../../src/ts/native/codes.js';
import { poisson2d, randomDominant, randomSpd } from '../support/generate.js';
import { Random } from '../support/random.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});
afterAll(() => {
  expect(engine.stats().liveHandles).toBe(0);
  engine.dispose();
});

/** A policy that has learned nothing, unless a state is given. */
async function make(options?: PolicyOptions): Promise<LearningPolicy> {
  return (await engine.maker('policy')).newPolicy({ state: null, ...options }) as LearningPolicy;
}

/** Symmetric positive definite ones of different patterns. */
const family = (k: number): SparseMatrix => SparseMatrix.laplacian(80 + 7 * k, ring(80 + 7 * k), { shift: 0.05 });

function ring(n: number): [number, number][] {
  return Array.from({ length: 2 * n }, (_, i) => [i % n, (i % n + (i < n ? 1 : 9)) % n]);
}

const unsymmetric = (n: number): SparseMatrix => {
  const random = new Random(n);
  const rows: number[] = [];
  const cols: number[] = [];
  const values: number[] = [];
  for (let i = 0; i < n; i++) {
    for (const [j, v] of [[i, 4], [(i + 1) % n, -1 - random.uniform()], [(i + 5) % n, random.uniform()]] as const) {
      rows.push(i);
      cols.push(j);
      values.push(v);
    }
  }
  return SparseMatrix.fromTriplets(n, n, rows, cols, values);
};

/** Of both signs on the diagonal. */
function indefinite(n: number): SparseMatrix {
  const edges = Array.from({ length: n - 1 }, (_, i) => i);
  const own = Array.from({ length: n }, (_, i) => i);
  const rows = [...own, ...edges, ...edges.map((i) => i + 1)];
  const cols = [...own, ...edges.map((i) => i + 1), ...edges];
  return SparseMatrix.fromTriplets(n, n, rows, cols, [...own.map((i) => (i % 2 ? 3 : -3)), ...edges.map(() => 1), ...edges.map(() => 1)]);
}

/** A value that went to a worker and came back. */
async function throughWorker<T>(value: T): Promise<T> {
  const code = "const { parentPort } = require('node:worker_threads'); parentPort.once('message', (value) => parentPort.postMessage(value));";
  const worker = new Worker(code, { eval: true });
  try {
    return await new Promise<T>((resolve, reject) => {
      worker.once('message', resolve).once('error', reject);
      worker.postMessage(value);
    });
  } finally {
    await worker.terminate();
  }
}

function sameValues(damaged: string, text: string): boolean {
  try {
    return JSON.stringify(JSON.parse(damaged)) === text;
  } catch {
    return false;
  }
}

function residual(A: SparseMatrix, x: Float64Array, b: Float64Array): number {
  const r = A.multiply(x);
  return Math.hypot(...r.map((v, i) => v - b[i]!)) / Math.hypot(...b);
}

describe('features and plans', () => {
  it('have the names of the core', async () => {
    using policy = await make();
    const core = (engine as unknown as { maker(name: string): Promise<{ instance: { core(): any } }> });
    const native = (await core.maker('policy')).instance.core();
    const text = (address: number): string => {
      const start = address >>> 0;
      return String.fromCharCode(...native.HEAPU8.subarray(start, native.HEAPU8.indexOf(0, start)));
    };
    expect(FEATURES.map((_, k) => text(native.featureName(k)))).toEqual([...FEATURES]);
    expect(text(native.featureName(FEATURES.length))).toBe('unknown');
    expect(SOURCES.map((_, k) => text(native.sourceName(k)))).toEqual([...SOURCES]);
    expect(TRUSTS.map((_, k) => text(native.trustName(k)))).toEqual([...TRUSTS]);
    expect(ORDERINGS.map((_, k) => text(native.orderingName(k)))).toEqual([...ORDERINGS]);
    expect(policy.arms()[0]).toEqual({ name: 'auto', method: 'auto', preconditioner: 'auto', ordering: 'auto' });
  });

  it('are plain data that can go through JSON, and are checked then', async () => {
    using policy = await make();
    const features = policy.features(poisson2d(10));
    const copy = JSON.parse(JSON.stringify(features)) as typeof features;
    expect(copy).toEqual(features);
    const explore = false;
    expect(policy.propose(copy, { explore }).arm).toBe(policy.propose(features, { explore }).arm);
    expect(policy.arms(copy).map(({ name }) => name)).toEqual(features.arms);
    for (const [spoiled, argument] of [
      [{ ...copy, version: 9 }, 'features.version'],
      [{ ...copy, nnz: NaN }, 'features.nnz'],
      [{ ...copy, patternHash: 'xyz' }, 'features.patternHash'],
      [{ ...copy, arms: ['cg+luck'] }, 'features.arms'],
      [{ ...copy, rulesArm: 'none' }, 'features.rulesArm'],
    ] as const) {
      expect(() => policy.propose(spoiled as typeof features)).toThrow(expect.objectContaining({ code: 'invalid-argument', argument }));
    }
  });

  it('never propose CG or Cholesky where they do not fit', async () => {
    using policy = await make({ seed: 3 });
    for (let k = 0; k < 60; k++) {
      const { method } = policy.propose(k % 2 ? unsymmetric(40 + k) : indefinite(40 + k));
      expect(['cg', 'cholesky']).not.toContain(method);
    }
  });
});

describe('createSolver by a policy', () => {
  it('gives certified answers by every plan, and learns of each', async () => {
    using policy = await make({ seed: 5 });
    const random = new Random(5);
    const methods = new Set<string>();
    for (let k = 0; k < 40; k++) {
      // Of the last two, factors fill in: worth exploring.
      const kinds = [() => family(k), () => unsymmetric(60 + k), () => indefinite(60 + k), () => randomDominant(random, 600 + k, 5), () => randomSpd(random, 600 + k, 4)];
      const A = kinds[k % kinds.length]!();
      using solver = await policy.createSolver(engine, A);
      const b = Float64Array.from({ length: A.rows }, (_, i) => Math.sin(i + k));
      const { x, report } = solver.solve(b);
      expect(report.converged).toBe(true);
      expect(residual(A, x, b)).toBeLessThan(1e-9);
      methods.add(`${report.method}+${report.preconditioner}`);
    }
    const stats = policy.stats();
    expect(stats).toMatchObject({ proposals: 40, records: 40 });
    expect(stats.entries).toBeGreaterThan(20);
    expect(methods.size).toBeGreaterThan(3);
  });

  it('learning off is auto, to the last bit', async () => {
    using policy = await make({ learning: 'off' });
    for (const A of [family(3), unsymmetric(50), indefinite(30), poisson2d(9)]) {
      const b = Float64Array.from({ length: A.rows }, (_, i) => Math.cos(i));
      using solver = await policy.createSolver(engine, A);
      using plain = await engine.createSolver(A);
      const { x, report } = solver.solve(b);
      expect(x).toEqual(plain.solve(b).x);
      expect(report.attempts).toEqual(plain.report.attempts);
    }
    expect(policy.stats().records).toBe(0);
  });

  it('fed with lies, it still gives certified answers', async () => {
    using policy = await make({ seed: 1 });
    const names = policy.arms().map(({ name }) => name);
    for (let k = 0; k < 30; k++) {
      const features = policy.features(k % 2 ? family(k) : unsymmetric(50 + k));
      for (const arm of names) policy.observe(features, arm, { certified: false, work: 1 });
      // What cannot work is said to be for nothing.
      policy.observe(features, 'bicgstab+none', { certified: true, work: 1 });
    }
    for (let k = 0; k < 20; k++) {
      const A = k % 2 ? family(k) : unsymmetric(50 + k);
      const b = Float64Array.from({ length: A.rows }, (_, i) => Math.sin(i * k + 1));
      using solver = await policy.createSolver(engine, A);
      const { x, report } = solver.solve(b);
      expect(report.converged).toBe(true);
      expect(residual(A, x, b)).toBeLessThan(1e-9);
    }
  });

  it('remembers what worked on a pattern', async () => {
    using policy = await make({ seed: 2, learning: 'memory' });
    const A = poisson2d(12);
    const b = new Float64Array(A.rows).fill(1);
    for (let k = 0; k < 3; k++) {
      using solver = await policy.createSolver(engine, A);
      solver.solve(b);
    }
    const { proposal, remembered, why, context } = policy.explain();
    expect(proposal).toMatchObject({ arm: 'auto', source: 'memory' });
    expect(remembered).toMatchObject({ trust: 'volatile', uses: 2, successes: 2 });
    expect(why).toContain('worked 2 of 2 times');
    expect(context).toBe('positive/plane/small');
  });

  it('runs two plans side by side where it cannot tell, and keeps the first to finish', async () => {
    using witness = await createWitness({ engine });
    using policy = await make({ seed: 3, speculate: true });
    for (let k = 0; k < 25; k++) {
      const A = family(k);
      const length = witness.length;
      using solver = await policy.createSolver(engine, A, { witness });
      expect(witness.entry(length).kind === 'build' || witness.entry(length).kind === 'policy').toBe(true);
      const b = Float64Array.from({ length: A.rows }, (_, i) => Math.sin(i + k));
      const { x, report } = solver.solve(b);
      expect(report.converged).toBe(true);
      expect(residual(A, x, b)).toBeLessThan(1e-9);
    }
    const { speculations, speculationsWon, records } = policy.stats();
    expect(speculations).toBeGreaterThan(0);
    expect(speculationsWon).toBeLessThanOrEqual(speculations);
    expect(records).toBeGreaterThanOrEqual(25);
  });

  it('takes what the caller has fixed', async () => {
    using policy = await make({ seed: 4 });
    for (let k = 0; k < 10; k++) {
      using solver = await policy.createSolver(engine, family(k), { method: 'cg' });
      expect(solver.report.method).toBe('cg');
    }
    // Nothing fits what is fixed: the error is that of the solver.
    await expect(policy.createSolver(engine, unsymmetric(30), { method: 'cholesky' })).rejects.toMatchObject({ code: 'not-symmetric' });
    await expect(policy.createSolver(engine, family(1), { rhsCount: 0 })).rejects.toMatchObject({ code: 'invalid-option' });
  });

  it('works beside a witness, which records solves and what was learned', async () => {
    using witness = await createWitness({ engine });
    using policy = await make({ seed: 6 });
    using solver = await policy.createSolver(engine, family(2), { witness });
    solver.solve(new Float64Array(solver.rows).fill(1));
    expect(Array.from({ length: witness.length }, (_, k) => witness.entry(k).kind)).toEqual(['build', 'solve', 'policy']);
    expect(witness.commitment(2)!.report).toMatchObject({ certified: true });
  });
});

describe('records and states', () => {
  it('refuse a ticket twice, strangers, and outcomes that are none', async () => {
    using policy = await make();
    const proposal = policy.propose(family(1));
    expect(() => policy.record(proposal, { certified: true, work: NaN })).toThrow(LacunaError);
    expect(() => policy.record(proposal, { certified: 1 as never, work: 1 })).toThrow(LacunaError);
    policy.record(proposal, { certified: true, work: 1e6 });
    expect(() => policy.record(proposal, { certified: true, work: 1e6 })).toThrow(expect.objectContaining({ argument: 'ticket' }));
    expect(() => policy.record(77, { certified: true, work: 1 })).toThrow(LacunaError);
    expect(policy.stats().records).toBe(1);
  });

  it('go through JSON and a worker and go on with the same choices', async () => {
    using policy = await make({ seed: 2n ** 63n + 5n });
    const learn = (one: LearningPolicy, from: number, to: number) =>
      Array.from({ length: to - from }, (_, k) => {
        const proposal = one.propose(family(from + k));
        const work = 1e6 * (1 + (proposal.arm.length % 4));
        const cut = work > proposal.limit;
        one.record(proposal, cut ? { certified: false, censored: true, work: proposal.limit } : { certified: true, work });
        return proposal.arm;
      });
    learn(policy, 0, 25);
    const state = policy.toJSON();
    expect(JSON.parse(JSON.stringify(policy))).toEqual(state);
    const back = await throughWorker(state);
    using copy = await make({ state: back });
    expect(copy.toJSON()).toEqual(state);
    expect(learn(copy, 25, 40)).toEqual(learn(policy, 25, 40));
    using third = await make({ state: JSON.stringify(state) });
    third.merge(policy, copy);
    expect(third.stats().records).toBe(25);
    policy.checkpoint();
    const kept = policy.toJSON();
    learn(policy, 40, 50);
    policy.rollback();
    expect(policy.toJSON()).toEqual(kept);
  });

  it('say where a state is damaged', async () => {
    using policy = await make();
    policy.record(policy.propose(family(1)), { certified: true, work: 1e6 });
    const state = policy.toJSON() as unknown as { arms: { runs: number }[] };
    const damaged = structuredClone(state);
    damaged.arms[0]!.runs = -1;
    const live = engine.stats().liveHandles;
    await expect(make({ state: damaged as never })).rejects.toMatchObject({
      code: 'invalid-argument',
      argument: 'options.state',
      details: { pointer: '/arms/0/runs' },
    });
    await expect(make({ state: { ...state, version: 99 } as never })).rejects.toMatchObject({ code: 'unsupported-format' });
    await expect(make({ state: 'nonsense' as never })).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(make({ state: 7 as never })).rejects.toMatchObject({ code: 'invalid-argument' });
    expect(engine.stats().liveHandles).toBe(live);
  });

  it('refuse every damaged state', async () => {
    using policy = await make({ seed: 8 });
    for (let k = 0; k < 12; k++) policy.record(policy.propose(family(k)), { certified: true, work: 1e6 + k });
    const text = JSON.stringify(policy.toJSON());
    const random = new Random(4);
    const maker = await engine.maker('policy');
    for (let k = 0; k < 200; k++) {
      let at = random.integer(text.length);
      while (!/[0-9]/.test(text[at]!)) at = (at + 1) % text.length;
      const digit = `${(Number(text[at]) + 1 + random.integer(9)) % 10}`;
      const damaged = text.slice(0, at) + digit + text.slice(at + 1);
      // A digit past the precision of a float64 changes nothing.
      if (sameValues(damaged, text)) continue;
      expect(() => maker.newPolicy({ state: damaged })).toThrow(LacunaError);
    }
  });

  it('options are checked', async () => {
    for (const options of [{ seed: 0.5 }, { learning: 'much' }, { cutoff: 0 }, { trial: Infinity }, { memoryEntries: 0 }, { speculate: 1 }, { witness: {} }, { luck: 1 }]) {
      await expect(make(options as never)).rejects.toMatchObject({ code: 'invalid-option' });
    }
  });
});
