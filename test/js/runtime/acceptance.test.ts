import { createWitness, loadEngine, SparseMatrix, verifyWitness } from 'lacuna';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { runs } from '../support/prove.js';
import { errorOf, rejectionOf } from '../support/errors.js';

const engine = await loadEngine();
const { newPolicy } = await engine.maker('policy');

afterAll(() => {
  expect(engine.stats().liveHandles).toBe(0);
  engine.dispose();
});

/** Small enough for a few seconds. */
const SETTINGS = { holdout: 8, training: 8, cycles: 2 };

describe('acceptance', () => {
  it('gives the same manifest from the same seed, in a chain of entries for each mode and cycle', async () => {
    const policy = newPolicy({ seed: 1 });
    const before = JSON.stringify(policy.toJSON());
    const witness = await createWitness({ engine });
    const first = await policy.acceptance(engine, { ...SETTINGS, seed: 5, witness });
    expect(await policy.acceptance(engine, { ...SETTINGS, seed: 5 })).toEqual(first);
    expect(JSON.parse(JSON.stringify(first))).toEqual(first);
    // The policy itself has learned nothing.
    expect(JSON.stringify(policy.toJSON())).toBe(before);
    expect(witness.length).toBe(3 * SETTINGS.cycles + 1);
    expect(await verifyWitness(witness.bytes(), witness.head(), { engine })).toMatchObject({ valid: true });
    expect(witness.entry(0).kind).toBe('acceptance');
    for (const one of [policy, witness]) one.dispose();
  });

  it.each(Array.from({ length: runs(1) }, (_, k) => k + 1))('tells modes apart, and fails with learning off (seed %d)', async (seed) => {
    const made = { full: newPolicy({ seed }), off: newPolicy({ seed, learning: 'off' }) };
    const full = await made.full.acceptance(engine, { holdout: 20, training: 10, cycles: 1, seed });
    const off = await made.off.acceptance(engine, { holdout: 20, training: 10, cycles: 1, seed });
    for (const policy of Object.values(made)) policy.dispose();

    // A is fixed and B does not depend on what C is.
    expect(off.modes.a).toEqual(full.modes.a);
    expect(off.modes.b).toEqual(full.modes.b);
    const [a, b, c] = [full.modes.a.at(-1)!, full.modes.b.at(-1)!, full.modes.c.at(-1)!];
    expect(b.costPerSolve).toBeLessThan(a.costPerSolve);
    expect(c.costPerSolve).toBeLessThan(0.75 * a.costPerSolve);
    expect(c.solveRate).toBeGreaterThanOrEqual(a.solveRate);
    expect(off.modes.c.at(-1)!.costPerSolve).toBe(b.costPerSolve);
    expect(off.passed).toBe(false);
    expect(off.verdicts.costOverRules).toMatchObject({ passed: false, value: { estimate: 1, low: 1, high: 1 } });
    // Nobody is cheaper than the oracle.
    for (const { regret } of [a, b, c]) expect(regret).toBeGreaterThanOrEqual(1);
  });

  it('refuses settings that mean nothing', async () => {
    const policy = newPolicy();
    for (const options of [{ holdout: 0 }, { cycles: 1.5 }, { training: -1 }, { budget: 0 }, { noise: 2 }, { seed: 0.5 }, { rounds: 1 }]) {
      expect(await rejectionOf(policy.acceptance(engine, options as object)), JSON.stringify(options)).toMatchObject({ code: 'invalid-option' });
    }
    policy.dispose();
    expect(errorOf(() => void policy.acceptance(engine))).toMatchObject({ code: 'disposed' });
  });
});

describe('training', () => {
  const source = function* () {
    for (let n = 20; ; n++) yield { A: SparseMatrix.laplacian(n, Array.from({ length: n - 1 }, (_, i) => [i, i + 1] as const), { shift: 1 }), b: new Float64Array(n).fill(1) };
  };

  it('learns from a source as far as it is asked to', async () => {
    const policy = newPolicy({ state: null });
    const report = await policy.train(engine, source(), { systems: 6 });
    expect(report).toMatchObject({ systems: 6, solved: 6 });
    expect(report.work).toBeGreaterThan(0);
    expect(policy.stats().records).toBe(6);
    policy.dispose();
  });

  it('by every plan learns more from each system, the same from the same seed', async () => {
    const [one, two] = [newPolicy({ state: null }), newPolicy({ state: null })];
    for (const policy of [one, two]) expect(await policy.train(engine, undefined, { runs: 'all', systems: 4, seed: 3 })).toMatchObject({ systems: 4 });
    expect(one.stats().records).toBeGreaterThan(20);
    expect(one.toJSON()).toEqual(two.toJSON());
    for (const policy of [one, two]) policy.dispose();
  });

  it('refuses what is no system', async () => {
    const policy = newPolicy({ state: null });
    expect(await rejectionOf(policy.train(engine, [{ A: 1 }] as never))).toMatchObject({ code: 'invalid-argument', argument: 'source', position: 0 });
    expect(await rejectionOf(policy.train(engine, undefined, { runs: 'some' } as never))).toMatchObject({ code: 'invalid-option' });
    policy.dispose();
  });
});

describe('the shipped policy', () => {
  it.runIf(process.env['PROVE'] === '1')('is what its training gives, byte for byte', async () => {
    const { trainDefault } = (await import('../../../scripts/train-policy.mjs' as string)) as { trainDefault(): Promise<string> };
    expect(await trainDefault()).toBe(readFileSync(new URL('../../../src/ts/policy/default-policy.json', import.meta.url), 'utf8'));
  }, 1_200_000);

  it('knows what a policy that has learned nothing does not', () => {
    const [shipped, fresh] = [newPolicy(), newPolicy({ state: null })];
    expect(shipped.stats().records).toBeGreaterThan(5000);
    expect(fresh.stats().records).toBe(0);
    for (const policy of [shipped, fresh]) policy.dispose();
  });
});
