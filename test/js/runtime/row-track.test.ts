// Answers over matrices that are never loaded, which follow changes of b and of rows.
import { type Engine, loadEngine, type RowBatch, type RowSolverOptions } from 'lacuna';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { denseSolve } from '../support/dense.js';
import { errorOf, rejectionOf } from '../support/errors.js';
import { Random } from '../support/random.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});
afterAll(() => {
  expect(engine.stats().liveHandles).toBe(0);
  engine.dispose();
});

/** Rows that may be changed under way, and which of them were asked for. */
class Rows {
  readonly asked: number[] = [];
  readonly #changed = new Map<number, Map<number, number>>();
  constructor(readonly usual: (i: number) => [number, number][]) {}

  set(i: number, entries: [number, number][]): void {
    this.#changed.set(i, new Map(entries));
  }
  row(i: number): [number, number][] {
    return [...(this.#changed.get(i) ?? this.usual(i))];
  }
  readonly rows = (ids: Float64Array): RowBatch => {
    this.asked.push(...ids);
    const given = [...ids].map((i) => this.row(i));
    return { counts: given.map((row) => row.length), indices: given.flatMap((row) => row.map(([j]) => j)), values: given.flatMap((row) => row.map(([, v]) => v)) };
  };
}

/** 4xᵢ − xᵢ₋₁ − xᵢ₊₁ on a circle. */
const ring = (size: number): Rows =>
  new Rows((i) => [
    [i, 4],
    [(i + 1) % size, -1],
    [(i + size - 1) % size, -1],
  ]);
const declared = (size: number): RowSolverOptions => ({ size, margin: 1, norm: 12 });

it('follows changes at the source, given in full, and of b, as a dense solve has it', async () => {
  const n = 12;
  const random = new Random(8);
  const source = ring(n);
  using solver = await engine.createRowSolver(source, { ...declared(n), cacheBytes: 2048 });
  const b = random.vector(n);
  using tracked = solver.track(5, b, { atol: 1e-10, rtol: 0 });
  const rows = Array.from({ length: n }, (_, i) => source.row(i));
  const check = (): void => {
    const dense = rows.map((row) => Array.from({ length: n }, (_, j) => new Map(row).get(j) ?? 0));
    const { value, bound } = tracked.answer;
    expect(bound!).toBeLessThanOrEqual(1e-10);
    expect(Math.abs(value - denseSolve(dense, b)![5]!)).toBeLessThanOrEqual(bound! + 1e-13);
  };
  check();
  for (let k = 0; k < 20; k++) {
    const [i, j] = [(k * 5) % n, (k * 7 + 3) % n];
    const fresh: [number, number][] = [[i, 5 + random.uniform()], [(i + 2) % n, random.uniform()]];
    const own: [number, number][] = [[j, -4], [(j + 1) % n, 1 + random.uniform()]];
    rows[i] = fresh;
    source.set(i, fresh);
    if (i !== j) rows[j] = own;
    b[j]! += 0.5;
    tracked.update({
      rhs: { indices: [j], values: [0.5] },
      rows: i === j ? [i] : [i, { row: j, indices: own.map(([at]) => at), values: own.map(([, v]) => v) }],
    });
    check();
  }
});

describe('of 10¹² unknowns', () => {
  const size = 1e12;
  const ones = { value: () => 1, normInf: 1, least: 1 };

  it('reads what has changed only where it matters', async () => {
    const source = ring(size);
    using solver = await engine.createRowSolver(source, declared(size));
    using tracked = solver.track(7, ones, { atol: 1e-9, rtol: 0 });
    expect(Math.abs(tracked.answer.value - 0.5)).toBeLessThanOrEqual(tracked.answer.bound!);
    source.asked.length = 0;
    source.set(5e11, [[5e11, 9]]);
    expect(tracked.update({ rows: [5e11] }).value).toBe(tracked.answer.value);
    expect(source.asked).toEqual([]);
    source.set(7, [[7, 8]]);
    const { value, bound } = tracked.update({ rows: [7] });
    expect(source.asked).toEqual([7]);
    expect(Math.abs(value - 0.125)).toBeLessThanOrEqual(bound!);
    // A query of another kind sees it too.
    expect(solver.entry(7, ones).value).toBeCloseTo(0.125, 5);
    const far = { rows: [{ row: 1e11, indices: [1e11], values: [2] }] };
    expect(tracked.moved(far, { atol: 1e-8 })).toMatchObject({ unmoved: true });
    expect(tracked.moved({ rhs: { indices: [7], values: [8] } }).bound).toBeGreaterThanOrEqual(1);
    expect(errorOf(() => tracked.moved({ rows: [7] }))).toMatchObject({ name: 'LacunaError' });
  });

  it('rows that changed are read anew by queries that are told', async () => {
    const source = ring(size);
    using solver = await engine.createRowSolver(source, declared(size));
    const before = solver.entry(3, ones).value;
    source.set(3, [[3, 10]]);
    expect(solver.entry(3, ones).value).toBe(before);
    solver.changed([3]);
    expect(solver.entry(3, ones).value).toBeCloseTo(0.1, 5);
    expect(errorOf(() => solver.changed([size]))).toMatchObject({ code: 'index-out-of-range' });
  });

  it('may be given by promises', async () => {
    const source = ring(size);
    const later = { rows: (ids: Float64Array) => Promise.resolve(source.rows(ids)) };
    using solver = await engine.createRowSolver(later, declared(size));
    expect(errorOf(() => solver.track(7, ones))).toMatchObject({ code: 'invalid-argument', argument: 'source.rows()' });
    using tracked = await solver.trackAsync(7, ones);
    source.set(7, [[7, 8]]);
    const answer = await tracked.updateAsync({ rows: [7] });
    expect(Math.abs(answer.value - 0.125)).toBeLessThanOrEqual(answer.bound!);
    expect(tracked.answer).toBe(answer);
    expect((await tracked.movedAsync({ rows: [{ row: 9, indices: [9], values: [8] }] })).bound).toBeGreaterThan(0);
    const first = tracked.updateAsync({ rows: [8] });
    expect(await rejectionOf(tracked.updateAsync({ rows: [9] }))).toMatchObject({ code: 'busy' });
    await first;
  });

  it('is refused what breaks the declaration, and goes on', async () => {
    const source = ring(size);
    using solver = await engine.createRowSolver(source, declared(size));
    using tracked = solver.track(7, ones);
    const { value } = tracked.answer;
    source.set(7, [[7, 2.5], [8, -2]]);
    expect(errorOf(() => tracked.update({ rows: [7] }))).toMatchObject({ code: 'declaration-violated', position: 7 });
    source.set(7, source.usual(7));
    expect(tracked.answer.value).toBe(value);
    expect(tracked.update({ rows: [7] }).value).toBe(value);
    expect(errorOf(() => tracked.update({ rows: [-1] }))).toMatchObject({ code: 'index-out-of-range', argument: 'change.rows[0]' });
    using weak = await engine.createRowSolver(source, { size });
    expect(errorOf(() => weak.track(7, ones))).toMatchObject({ code: 'invalid-argument' });
  });
});
