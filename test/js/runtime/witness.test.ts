// What a witness records, held against Node's own SHAKE-256.
import { actionHash, createSolver, createWitness, type Engine, loadEngine, type Solver, SparseMatrix, type WitnessChain } from 'lacuna';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { poisson2d } from '../support/generate.js';
import { hashOfAction, matrixHash, readChain, vectorHash } from '../support/witness.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});
afterAll(() => {
  expect(engine.stats().liveHandles).toBe(0);
  engine.dispose();
});

const A = poisson2d(12);
const b = Float64Array.from({ length: A.rows }, (_, i) => Math.sin(i));

/** A chain whose links hold, and what it says. */
function check(witness: WitnessChain) {
  const { head, entries } = readChain(witness.bytes());
  expect(witness.head()).toEqual(head);
  expect(witness.length).toBe(entries.length);
  entries.forEach((entry, k) => expect(witness.entry(k)).toMatchObject(entry));
  return entries;
}

describe('a solver with a witness', () => {
  it('records its set-up and its solves, each bound to matrix, right-hand side, report and result', async () => {
    using witness = await createWitness({ engine });
    using solver = await createSolver(A, { engine, witness });
    const built = solver.report;
    const { x, report } = solver.solve(b);
    const at = solver.solve(b, { transpose: true, rtol: 1e-6, refine: false });
    const entries = check(witness);
    expect(entries.map(({ type }) => type)).toEqual([0x40, 0x41, 0x41]);
    expect(entries.map(({ time }) => time)).toEqual([0n, 1n, 2n]);
    expect(witness.entry(1).kind).toBe('solve');

    const matrix = matrixHash(A);
    const rhs = vectorHash(b);
    const plan = { transpose: false, rtol: 1e-10, atol: 0, maxiter: 0, refine: true };
    expect(entries[0]!.action).toBe(hashOfAction({ kind: 'build', matrix, variant: built.variant, report: built }));
    expect(entries[1]!.action).toBe(hashOfAction({ kind: 'solve', matrix, rhs, plan, variant: report.variant, report, result: vectorHash(x) }));
    const other = { ...plan, transpose: true, rtol: 1e-6, refine: false };
    expect(entries[2]!.action).toBe(
      hashOfAction({ kind: 'solve', matrix, rhs, plan: other, variant: at.report.variant, report: at.report, result: vectorHash(at.x) }),
    );

    // A third party, with the things and with their hashes.
    const whole = { kind: 'solve', matrix: A, rhs: b, plan, variant: report.variant, report, result: x } as const;
    expect(await actionHash(whole, { engine })).toBe(entries[1]!.action);
    expect(await actionHash(witness.commitment(1)!, { engine })).toBe(entries[1]!.action);
    expect(witness.commitment(1)).toMatchObject({ matrix: matrix.toString('hex'), rhs: rhs.toString('hex') });
    x[3]! *= 1 + Number.EPSILON;
    expect(await actionHash({ ...whole, result: x }, { engine })).not.toBe(entries[1]!.action);
  });

  it('records new values, many right-hand sides, asynchronous solves and rounded solutions', async () => {
    using witness = await createWitness({ engine });
    using solver = await createSolver(A, { engine, witness, method: 'cg' });
    const values = A.toCsr().data.map((v) => 3 * v);
    solver.update(values);
    const many = solver.solveMany([b, b.map((v) => -v)]);
    const slow = await solver.solveAsync(b, { slice: 1 });
    const rounded = solver.solve(solver.rhs(b), { out: new Float32Array(A.rows), rtol: 1e-5 });
    const entries = check(witness);
    expect(entries.map(({ type }) => type)).toEqual([0x40, 0x40, 0x41, 0x41, 0x41, 0x41]);
    const matrix = matrixHash(A, values);
    expect(entries[1]!.action).toBe(hashOfAction({ kind: 'build', matrix, variant: engine.variant, report: solver.report }));
    const rhs = vectorHash(b);
    const plan = { transpose: false, rtol: 1e-10, atol: 0, maxiter: 0, refine: true };
    const solved = { kind: 'solve', matrix, plan, variant: engine.variant };
    const answers = [
      { rhs, x: many.x[0]!, report: many.reports[0]!, plan },
      { rhs: vectorHash(b.map((v) => -v)), x: many.x[1]!, report: many.reports[1]!, plan },
      { rhs, ...slow, plan },
      { rhs, ...rounded, plan: { ...plan, rtol: 1e-5 } },
    ];
    answers.forEach(({ x, ...rest }, k) => expect(entries[2 + k]!.action).toBe(hashOfAction({ ...solved, ...rest, result: vectorHash(x) })));
  });

  it('gives the same chain for the same work, in both builds but for the name of the build', async () => {
    const run = async (on: Engine) => {
      using witness = await createWitness({ engine: on });
      using solver = await createSolver(A, { engine: on, witness });
      solver.solve(b);
      return [0, 1].map((k) => JSON.stringify(witness.commitment(k)).replaceAll(on.variant, 'build'));
    };
    using scalar = await loadEngine({ variant: 'scalar' });
    expect(await run(engine)).toEqual(await run(engine));
    expect(await run(engine)).toEqual(await run(scalar));
  });

  it('records nothing where nothing was done, and still solves afterwards', async () => {
    using witness = await createWitness({ engine });
    await expect(createSolver(SparseMatrix.fromDense([[1, 2], [2, 1]]), { engine, witness, method: 'cholesky' })).rejects.toThrow();
    using solver = await createSolver(A, { engine, witness });
    expect(() => solver.solve([1, 2])).toThrow();
    expect(() => solver.solve(b.map(() => NaN))).toThrow();
    expect(() => solver.update(A.toCsr().data.map(() => NaN))).toThrow();
    expect(witness.length).toBe(1);
    const { x, report } = solver.solve(b);
    expect(check(witness)[1]!.action).toBe(
      hashOfAction({
        kind: 'solve',
        matrix: matrixHash(A),
        rhs: vectorHash(b),
        plan: { transpose: false, rtol: 1e-10, atol: 0, maxiter: 0, refine: true },
        variant: report.variant,
        report,
        result: vectorHash(x),
      }),
    );
  });

  it('is refused before it works once its witness is disposed of', async () => {
    const witness = await createWitness({ engine });
    using solver = await createSolver(A, { engine, witness });
    witness.dispose();
    witness.dispose();
    expect(() => solver.solve(b)).toThrow(expect.objectContaining({ code: 'disposed' }));
    expect(() => witness.length).toThrow(expect.objectContaining({ code: 'disposed' }));
    await expect(createSolver(A, { engine, witness })).rejects.toMatchObject({ code: 'disposed' });
  });

  it('has a witness of any engine, and several solvers may share one', async () => {
    using other = await loadEngine();
    using witness = await createWitness({ engine: other });
    using first = await createSolver(A, { engine, witness });
    using second = await createSolver(poisson2d(5), { witness, engine, setup: 'lazy' });
    const jobs = [first.solveAsync(b), second.solveAsync(new Float64Array(25).fill(1)), first.solveAsync(b)];
    await Promise.all(jobs);
    expect(check(witness).map(({ type }) => type)).toEqual([0x40, 0x40, 0x41, 0x41, 0x41]);
    expect(witness.commitment(1)!.report).toMatchObject({ ready: false });
  });

  it('takes no other thing for a witness', async () => {
    for (const witness of [null, 3, {}, new Map()] as never[]) {
      await expect(createSolver(A, { engine, witness })).rejects.toMatchObject({ code: 'invalid-option', argument: 'options.witness' });
    }
  });
});

describe('a witness', () => {
  it('takes entries for what was done elsewhere', async () => {
    using witness = await createWitness({ engine });
    const report = { zeta: [1, 2.5, -0, 1e21, null], alpha: { b: 'é"', a: true }, none: undefined };
    expect(witness.append({ kind: 'train', report })).toBe(0);
    expect(witness.append({ kind: 'acceptance', report: { verdict: 'passed' }, plan: { seed: 1 } })).toBe(1);
    expect(witness.append({ kind: 'policy', report: { big: 'x'.repeat(200_000) }, matrix: A })).toBe(2);
    const entries = check(witness);
    expect(entries.map(({ type }) => type)).toEqual([0x42, 0x02, 0x43]);
    expect(entries[0]!.action).toBe(hashOfAction({ kind: 'train', report }));
    expect(entries[2]!.action).toBe(hashOfAction({ kind: 'policy', matrix: matrixHash(A), report: { big: 'x'.repeat(200_000) } }));
    const tooBig = { a: Infinity, b: NaN, c: new Float64Array(2), d: 3n };
    expect(await actionHash({ kind: 'train', report: tooBig }, { engine })).toBe(
      hashOfAction({ kind: 'train', report: { a: 'Infinity', b: 'NaN', c: [0, 0], d: '3' } }),
    );
    for (const wrong of [{ kind: 'nothing' }, { kind: 'train', matrix: 'abc' }, { kind: 'train', rhs: 3 }, { kind: 'train', extra: 1 }] as never[]) {
      expect(() => witness.append(wrong)).toThrow(expect.objectContaining({ name: 'LacunaError' }));
    }
    expect(witness.length).toBe(3);
    expect(() => witness.entry(3)).toThrow(expect.objectContaining({ code: 'index-out-of-range' }));
  });

  it('records its seed; that of the host is never the same', async () => {
    using first = await createWitness({ engine, seed: 'crypto' });
    using second = await createWitness({ engine, seed: 'crypto' });
    using third = await createWitness({ engine, seed: 2n ** 70n });
    expect(first.seed).toMatch(/^[\da-f]{64}$/);
    expect(first.seed).not.toBe(second.seed);
    expect(third.seed).toBe('1180591620717411303424');
    const [entry] = check(first);
    expect(entry!.type).toBe(0x01);
    expect(entry!.action).toBe(hashOfAction({ kind: 'seed', report: { seed: first.seed, source: 'crypto' } }));
    expect(check(third)[0]!.action).toBe(hashOfAction({ kind: 'seed', report: { seed: third.seed, source: 'given' } }));
    await expect(createWitness({ engine, seed: 0.5 })).rejects.toMatchObject({ code: 'invalid-option', argument: 'options.seed' });
  });

  it('has the time of day where that is asked for', async () => {
    using witness = await createWitness({ engine, clock: 'time' });
    const before = BigInt(Date.now()) * 1_000_000n;
    witness.append({ kind: 'train' });
    const { time } = check(witness)[0]!;
    expect(time >= before && time <= BigInt(Date.now()) * 1_000_000n).toBe(true);
    await expect(createWitness({ engine, clock: 'sun' as 'time' })).rejects.toMatchObject({ argument: 'options.clock' });
  });

  it('keeps the commitments that it is asked to keep', async () => {
    using witness = await createWitness({ engine, keep: 2 });
    for (let k = 0; k < 5; k++) witness.append({ kind: 'train', report: { k } });
    expect([0, 1, 2, 3, 4].map((k) => witness.commitment(k)?.report)).toEqual([undefined, undefined, undefined, { k: 3 }, { k: 4 }]);
    using none = await createWitness({ engine, keep: 0 });
    none.append({ kind: 'train' });
    expect(none.commitment(0)).toBeUndefined();
  });

  it('goes on from a chain that was kept', async () => {
    using first = await createWitness({ engine, seed: 1 });
    first.append({ kind: 'train' });
    const kept = { bytes: first.bytes(), head: first.head() };
    using second = await createWitness({ engine, resume: kept });
    first.append({ kind: 'policy' });
    second.append({ kind: 'policy' });
    expect(second.bytes()).toEqual(first.bytes());
    check(second);
    kept.bytes[80]! ^= 1;
    await expect(createWitness({ engine, resume: kept })).rejects.toMatchObject({ code: 'invalid-argument', argument: 'options.resume', position: 1 });
  });
});

test('memory that is short is said before anything is done, and the chain goes on', async () => {
  using small = await loadEngine({ memoryLimit: 2 ** 20 * 2 });
  using witness = await createWitness({ engine: small, keep: 0 });
  let refused: unknown;
  try {
    for (let k = 0; k < 100_000; k++) witness.append({ kind: 'train', report: { k } });
  } catch (error) {
    refused = error;
  }
  expect(refused).toMatchObject({ code: 'out-of-memory' });
  const length = check(witness).length;
  expect(length).toBeGreaterThan(1000);
  // What is left of the room made before is used up; then a solver is refused before it works.
  let solver: Solver | undefined;
  const solve = async () => {
    solver ??= await createSolver(A, { engine, witness });
    for (let k = 0; k < length; k++) solver.solve(b);
  };
  await expect(solve()).rejects.toMatchObject({ code: 'out-of-memory' });
  solver?.dispose();
  expect(check(witness).length).toBeGreaterThanOrEqual(length);
});
