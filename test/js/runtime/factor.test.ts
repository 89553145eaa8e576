// Factors as users hold them: options, reports, refusals, updates, cancelling, memory.
import { readFileSync } from 'node:fs';
import createFactorCore from '#factor-core';
import { loadEngine, SparseMatrix } from 'lacuna';
import { describe, expect, it } from 'vitest';
import { REPORT_FIELDS, SOLVE_FIELDS } from '../../../src/ts/factor/read.js';
import { METHODS, ORDERINGS } from '../../../src/ts/native/codes.js';
import { instantiate } from '../../../src/ts/native/module.js';
import { textAt } from '../../../src/ts/native/text.js';
import { bothEngines, VARIANTS, withFactor } from '../support/engines.js';
import { errorOf, expectError, rejectionOf } from '../support/errors.js';
import { poisson2d, poisson3d } from '../support/generate.js';
import { Random } from '../support/random.js';

const engines = bothEngines();

const numbers = (random: Random, n: number): Float64Array => random.vector(n);

describe.each(VARIANTS)('%s', (variant) => {
  it('both sides speak of the same things', async () => {
    const file = new URL(`../../../dist/factor${variant === 'simd' ? '-simd' : ''}.wasm`, import.meta.url);
    const instance = await instantiate(createFactorCore, new WebAssembly.Module(readFileSync(file)));
    const core = instance.core();
    expect(core.factorReportFields()).toBe(REPORT_FIELDS);
    expect(core.factorSolveFields()).toBe(SOLVE_FIELDS);
    expect(ORDERINGS.map((_, code) => textAt(core, core.orderingName(code)))).toEqual(ORDERINGS);
    expect(ORDERINGS).not.toContain(textAt(core, core.orderingName(ORDERINGS.length)));
    expect(METHODS.map((_, code) => textAt(core, core.methodName(code)))).toEqual(METHODS);
    instance.dispose();
  });
});

describe('the set-up', () => {
  it('reports what ran and what it took', async () => {
    await withFactor(engines.simd, poisson3d(9), {}, (factor) => {
      const { report } = factor;
      expect(report).toMatchObject({ method: 'cholesky', variant: 'simd', rows: 729, cols: 729, analyses: 1, factorizations: 1 });
      expect(report.nnz).toBe(factor.nnz);
      expect(report.inertia).toEqual({ positive: 729, negative: 0, zero: 0 });
      expect(['amd', 'nested-dissection', 'natural']).toContain(report.ordering);
      expect(report.factorNnz).toBeGreaterThan(729);
      expect(report.factorFlops).toBeGreaterThan(report.factorNnz!);
      expect(report.peakBytes).toBeGreaterThanOrEqual(8 * report.factorNnz!);
      expect(report.analyzeTime).toBeGreaterThan(0);
      expect(report.factorTime).toBeGreaterThan(0);
    });
  });

  it.each(['natural', 'amd', 'nested-dissection', 'rcm'] as const)('orders by %s where that is asked for', async (ordering) => {
    const A = poisson2d(12);
    const b = numbers(new Random(1), 144);
    for (const method of ['cholesky', 'lu'] as const) {
      await withFactor(engines.simd, A, { method, ordering }, (factor) => {
        expect(factor.report).toMatchObject({ method, ordering });
        expect(factor.solve(b).report.backwardError.normwise).toBeLessThan(1e-15);
      });
    }
  });

  it('takes an order of one\'s own, or says what is wrong with it', async () => {
    // The tip of an arrow last: no fill.
    const arrow = SparseMatrix.fromTriplets(4, 4, [0, 1, 2, 3, 0, 0, 0, 1, 2, 3], [0, 1, 2, 3, 1, 2, 3, 0, 0, 0], [9, 9, 9, 9, 1, 1, 1, 1, 1, 1]);
    await withFactor(engines.simd, arrow, { ordering: [3, 2, 1, 0] }, ({ report }) => expect(report).toMatchObject({ ordering: 'given', factorNnz: 7 }));
    await withFactor(engines.simd, arrow, { ordering: Int32Array.of(0, 1, 2, 3) }, ({ report }) => expect(report.factorNnz).toBe(10));
    const refused = (ordering: number[]) => rejectionOf(engines.simd.factorize(arrow, { ordering }));
    expect(await refused([0, 1, 1, 2])).toMatchObject({ code: 'invalid-argument', argument: 'options.ordering', position: 2 });
    expect(await refused([0, 1, 2, 4])).toMatchObject({ code: 'index-out-of-range', argument: 'options.ordering', position: 3 });
    expect(await refused([0, 1, 2])).toMatchObject({ code: 'shape-mismatch', argument: 'options.ordering' });
  });

  it('refuses options that are none', async () => {
    const A = SparseMatrix.identity(2);
    for (const [options, argument] of [
      [{ method: 'cg' }, 'options.method'],
      [{ ordering: 'given' }, 'options.ordering'],
      [{ ordering: 'metis' }, 'options.ordering'],
      [{ maxFlops: 0 }, 'options.maxFlops'],
      [{ maxBytes: '1' }, 'options.maxBytes'],
      [{ rtol: 1 }, 'options.rtol'],
      [{ slice: 0 }, 'options.slice'],
    ] as const) {
      expect(await rejectionOf(engines.simd.factorize(A, options as object))).toMatchObject({ code: 'invalid-option', argument });
    }
    expect(await rejectionOf(engines.simd.factorize({} as SparseMatrix))).toMatchObject({ code: 'invalid-argument', argument: 'A' });
  });

  it('analyzes without numbers, and keeps nothing', async () => {
    const A = poisson3d(8);
    const analysis = await engines.simd.analyze(A, { method: 'cholesky', ordering: 'amd' });
    expect(analysis).not.toHaveProperty('factorizations');
    await withFactor(engines.simd, A, { method: 'cholesky', ordering: 'amd' }, ({ report }) => {
      const { factorNnz, factorFlops, peakBytes, supernodes } = analysis;
      expect(report).toMatchObject({ factorNnz, factorFlops, peakBytes, supernodes });
    });
  });

  it('refuses more than is allowed, with the figures', async () => {
    const A = poisson3d(8);
    for (const method of ['cholesky', 'ldlt', 'lu'] as const) {
      const { factorFlops, peakBytes, factorNnz } = await engines.simd.analyze(A, { method });
      for (const limit of [{ maxFlops: factorFlops! - 1 }, { maxBytes: peakBytes! - 1 }]) {
        const error = await rejectionOf(engines.simd.factorize(A, { method, ...limit }));
        expect(error).toMatchObject({ code: 'too-large', details: { method, factorFlops, peakBytes, factorNnz, ...limit } });
        expect(error.message).toContain(String(factorFlops));
      }
      await withFactor(engines.simd, A, { method, maxFlops: factorFlops!, maxBytes: peakBytes! }, ({ report }) => expect(report.factorizations).toBe(1));
    }
  });

  it('takes no more bytes than it may by columns, nor for reflections', async () => {
    const A = poisson2d(12);
    const { peakBytes } = await withFactor(engines.simd, A, { method: 'lu' }, ({ report }) => report);
    const error = await rejectionOf(engines.simd.factorize(A, { method: 'lu', maxBytes: peakBytes! - 1 }));
    expect(error).toMatchObject({ code: 'too-large', details: { maxBytes: peakBytes! - 1 } });
    expect(error.details!['peakBytes']).toBeGreaterThan(peakBytes! - 1);
    await withFactor(engines.simd, A, { method: 'lu', maxBytes: peakBytes! }, ({ report }) => expect(report.peakBytes).toBe(peakBytes));
    const whole = await engines.simd.analyze(A, { method: 'qr' });
    const less = await engines.simd.analyze(A, { method: 'qr', maxBytes: whole.peakBytes! - 1 });
    expect(less.peakBytes).toBeLessThan(whole.peakBytes!);
    expect(await rejectionOf(engines.simd.factorize(A, { method: 'qr', maxBytes: less.peakBytes! - 1 }))).toMatchObject({ code: 'too-large' });
  });

  it('refuses what the memory cannot hold before numbers are computed, and stays usable', async () => {
    const engine = await loadEngine({ memoryLimit: 8 * 2 ** 20 });
    const error = await rejectionOf(engine.factorize(poisson3d(20), { method: 'cholesky' }));
    expect(error.code).toBe('out-of-memory');
    expect(error.details?.['peakBytes']).toBeGreaterThan(8 * 2 ** 20);
    expect(engine.stats().liveHandles).toBe(0);
    const factor = await engine.factorize(poisson2d(10));
    expect(factor.solve(new Float64Array(100).fill(1)).report.converged).toBe(true);
    engine.dispose();
    expect(factor.disposed).toBe(true);
    expect(errorOf(() => factor.solve(new Float64Array(100))).code).toBe('disposed');
  });

  it('tells a peak that holds', async () => {
    for (const method of ['cholesky', 'lu'] as const) {
      const engine = await loadEngine();
      (await engine.factorize(SparseMatrix.identity(2))).dispose();
      const A = poisson3d(16);
      const before = engine.stats().usedBytes;
      const factor = await engine.factorize(A, { method });
      const kept = engine.stats().usedBytes - before;
      const copy = 12 * A.nnz + 4 * (A.rows + 1);
      // What is kept is part of the peak, and most of it.
      expect(kept).toBeLessThanOrEqual(factor.report.peakBytes! + copy + 65_536);
      expect(kept).toBeGreaterThan(0.5 * factor.report.peakBytes!);
      engine.dispose();
    }
  });
});

describe('what a matrix is refused for', () => {
  it('not symmetric: the first pair that differs', async () => {
    const A = SparseMatrix.fromDense([[4, 1, 0], [1, 4, 2], [0, 3, 4]]);
    const error = await rejectionOf(engines.simd.factorize(A, { method: 'cholesky' }));
    expect(error).toMatchObject({ code: 'not-symmetric', argument: 'A', position: [1, 2], details: { value: 2, mirror: 3 } });
    expect(error.message).toContain('A(1, 2) is 2 and A(2, 1) is 3');
  });

  it('not positive definite: the column and its pivot', async () => {
    const A = SparseMatrix.fromDense([[1, 3], [3, 1]]);
    const error = await rejectionOf(engines.simd.factorize(A, { method: 'cholesky', ordering: 'natural' }));
    expect(error).toMatchObject({ code: 'indefinite-matrix', position: 1, details: { column: 1, value: -8 } });
    expect(error.message).toContain('column 1 is -8');
  });

  it('numerically singular: the column and its largest candidate', async () => {
    const A = SparseMatrix.fromDense([[1, 2], [2, 4]]);
    const error = await rejectionOf(engines.simd.factorize(A, { method: 'lu' }));
    expect(error).toMatchObject({ code: 'singular-matrix', details: { value: 0 } });
  });

  it('structurally singular: the rank and what is left over', async () => {
    const A = SparseMatrix.fromTriplets(4, 4, [0, 1, 2, 3, 1, 2, 3], [0, 1, 1, 1, 2, 2, 2], [1, 1, 1, 1, 2, 3, 4]);
    for (const method of ['auto', 'lu'] as const) {
      const error = await rejectionOf(engines.simd.factorize(A, { method }));
      expect(error.code).toBe('singular-matrix');
      const { rank, rows, cols } = error.details as { rank: number; rows: Int32Array; cols: Int32Array };
      expect(rank).toBe(3);
      expect([1, 2, 3]).toContain(rows[0]);
      expect(rows).toHaveLength(1);
      expect([...cols]).toEqual([3]);
    }
  });

  it('not square', async () => {
    const A = SparseMatrix.fromDense([[1, 0], [0, 1], [1, 1]]);
    for (const method of ['cholesky', 'lu'] as const) {
      expect((await rejectionOf(engines.simd.factorize(A, { method }))).code).toBe('not-square');
    }
    await withFactor(engines.simd, A, {}, (factor) => {
      expect(factor.report.method).toBe('qr');
      expect(errorOf(() => factor.condition()).code).toBe('not-square');
      const { x, report } = factor.solve([1, 2, 3]);
      expect(report.converged).toBe(true);
      expect(Math.abs(x[0]! - 1) + Math.abs(x[1]! - 2)).toBeLessThan(1e-14);
    });
  });
});

describe('solving', () => {
  it('together, alone, sliced and into an array of one\'s own: the same bits', async () => {
    const random = new Random(2);
    const A = poisson3d(7);
    const bs = Array.from({ length: 19 }, () => numbers(random, A.rows));
    for (const method of ['cholesky', 'lu'] as const) {
      await withFactor(engines.simd, A, { method }, async (factor) => {
        const many = factor.solveMany(bs);
        const sliced = await factor.solveManyAsync(bs, { slice: 1 });
        const out = new Float64Array(A.rows);
        for (const [k, b] of bs.entries()) {
          expect(factor.solve(b, { out }).x).toBe(out);
          expect(many.x[k]).toEqual(out);
          expect(sliced.x[k]).toEqual(out);
          expect(many.reports[k]!.backwardError).toEqual(factor.solve(b).report.backwardError);
        }
      });
    }
  });

  it('is the same in both variants', async () => {
    const A = poisson3d(8);
    const b = numbers(new Random(3), A.rows);
    for (const method of ['cholesky', 'lu'] as const) {
      const answers = [];
      for (const variant of VARIANTS) {
        const factor = await engines[variant].factorize(A, { method });
        answers.push(factor.solve(b, { errorBound: true }).x, factor.condition(), factor.logDeterminant());
        factor.dispose();
      }
      expect(answers.slice(3)).toEqual(answers.slice(0, 3));
    }
  });

  it('refuses what it cannot take, and changes nothing', async () => {
    await withFactor(engines.simd, poisson2d(3), {}, (factor) => {
      const b = new Float64Array(9).fill(1);
      const { x } = factor.solve(b);
      expectError(() => factor.solve(b.subarray(1)), 'shape-mismatch', 'b');
      expectError(() => factor.solve([1, 2, NaN, 4, 5, 6, 7, 8, 9]), 'not-finite', 'b', 2);
      expectError(() => factor.solveMany([b, b.subarray(1)]), 'shape-mismatch', 'bs[1]');
      expectError(() => factor.solveMany([]), 'invalid-argument', 'bs');
      expectError(() => factor.solve(b, { out: new Float64Array(8) }), 'invalid-argument', 'options.out');
      expectError(() => factor.solve(b, { refine: 11 }), 'invalid-option', 'options.refine');
      expectError(() => factor.solve(b, { rtol: -1 }), 'invalid-option', 'options.rtol');
      expectError(() => factor.solve(b, { signal: AbortSignal.abort() } as object), 'invalid-option', 'options.signal');
      expectError(() => factor.update([1, 2]), 'shape-mismatch', 'values');
      expectError(() => factor.update(SparseMatrix.identity(9)), 'shape-mismatch', 'values');
      expect(factor.solve(b).x).toEqual(x);
    });
  });

  it('stops with what it has', async () => {
    await withFactor(engines.simd, poisson3d(8), {}, async (factor) => {
      const bs = Array.from({ length: 40 }, () => new Float64Array(512).fill(1));
      const { x, reports } = await factor.solveManyAsync(bs, { signal: AbortSignal.abort() });
      expect(reports.every(({ reason, converged }) => reason === 'cancelled' && !converged)).toBe(true);
      expect(x.every((column) => column.every((v) => v === 0))).toBe(true);
      expect(await rejectionOf(factor.conditionAsync({ signal: AbortSignal.abort() }))).toMatchObject({ code: 'cancelled' });
    });
  });
});

describe('entries', () => {
  it('by the paths that lead to them: the bits of a solve that is not refined', async () => {
    const A = poisson2d(30);
    await withFactor(engines.simd, A, { method: 'cholesky' }, async (factor) => {
      const b = { indices: [17, 450, 17], values: [1, -2, 0.5] };
      const { x } = factor.solve(b, { refine: false });
      const all = factor.solveSparse(b);
      expect(all.x).toEqual(x);
      const few = factor.solveSparse(b, [3, 899]);
      expect(few.x).toEqual(Float64Array.of(x[3]!, x[899]!));
      expect(few.entries).toBeLessThan(all.entries);
      expect((await factor.solveSparseAsync(b, [3, 899], { slice: 1 })).x).toEqual(few.x);
      expect(factor.solveSparse({ indices: [], values: [] }, [5]).x).toEqual(Float64Array.of(0));

      const diagonal = Int32Array.from({ length: 900 }, (_, i) => i);
      const inverse = factor.inverseEntries(diagonal, diagonal);
      expect(await factor.inverseEntriesAsync(diagonal, diagonal, { slice: 1 })).toEqual(inverse);
      for (const i of [0, 450, 899]) {
        const column = factor.solve({ indices: [i], values: [1] }).x;
        expect(Math.abs(inverse[i]! / column[i]! - 1)).toBeLessThan(1e-12);
        const [far] = factor.inverseEntries([7], [i]);
        expect(Math.abs(far! - column[7]!)).toBeLessThan(1e-12);
      }
    });
  });

  it.each(['ldlt', 'lu'] as const)('by the paths in factors of %s', async (method) => {
    const A = poisson2d(30);
    await withFactor(engines.simd, A, { method }, async (factor) => {
      const b = { indices: [17, 450, 17], values: [1, -2, 0.5] };
      const { x } = factor.solve(b, { refine: false });
      const all = factor.solveSparse(b);
      expect(all.x).toEqual(x);
      const few = factor.solveSparse(b, [3, 899]);
      expect(few.x).toEqual(Float64Array.of(x[3]!, x[899]!));
      expect(few.entries).toBeGreaterThan(0);
      expect(few.entries).toBeLessThanOrEqual(all.entries);
      expect(all.entries).toBeLessThanOrEqual(factor.report.solveFlops! / 2);
      expect((await factor.solveSparseAsync(b, [3, 899], { slice: 1 })).x).toEqual(few.x);
      expect(factor.solveSparse({ indices: [], values: [] }, [5]).x).toEqual(Float64Array.of(0));
      factor.update(A.toCsr().data.map((v) => 2 * v));
      expect(factor.solveSparse(b).x).toEqual(x.map((v) => v / 2));
      const column = factor.solve({ indices: [7], values: [1] }, { refine: false }).x;
      const inverse = factor.inverseEntries([3, 7, 3], [7, 7, 7]);
      expect(inverse).toEqual(Float64Array.of(column[3]!, column[7]!, column[3]!));
      expect(await factor.inverseEntriesAsync([3, 7, 3], [7, 7, 7], { slice: 1 })).toEqual(inverse);
    });
  });

  it('are refused where they cannot be given', async () => {
    await withFactor(engines.simd, poisson2d(3), { method: 'cholesky' }, async (factor) => {
      expectError(() => factor.solveSparse([1, 2] as never), 'invalid-argument', 'b');
      expectError(() => factor.solveSparse({ indices: [9], values: [1] }), 'index-out-of-range', 'b.indices', 0);
      expectError(() => factor.solveSparse({ indices: [1], values: [1] }, [0, -1]), 'index-out-of-range', 'wanted', 1);
      expectError(() => factor.inverseEntries([0, 1], [0]), 'shape-mismatch', 'cols');
      expect(await rejectionOf(factor.inverseEntriesAsync([0], [0], { signal: AbortSignal.abort() }))).toMatchObject({ code: 'cancelled' });
    });
    await withFactor(engines.simd, poisson2d(3), { method: 'qr' }, (factor) => {
      const error = errorOf(() => factor.solveSparse({ indices: [0], values: [1] }));
      expect(error.code).toBe('invalid-argument');
      expect(error.message).toContain("'ldlt'");
    });
    await withFactor(engines.simd, poisson2d(3), { method: 'qr' }, (factor) => {
      expect(errorOf(() => factor.inverseEntries([0], [0])).message).toContain("'cholesky'");
    });
  });
});

describe('an update', () => {
  it.each(['cholesky', 'lu'] as const)('by %s does nothing symbolic and equals a factor of its own', async (method) => {
    const A = poisson3d(6);
    const { rows, cols, indptr, indices, data } = A.toCsr();
    const b = numbers(new Random(4), rows);
    const scaled = SparseMatrix.fromCsr(rows, cols, indptr, indices, data.map((v) => 3 * v));
    await withFactor(engines.simd, A, { method }, async (factor) => {
      const { analyzeTime } = factor.report;
      factor.update(data.map((v) => 2 * v));
      await factor.updateAsync(scaled, { slice: 1 });
      expect(factor.report).toMatchObject({ analyses: 1, factorizations: 3, analyzeTime });
      await withFactor(engines.simd, scaled, { method }, (own) => expect(factor.solve(b).x).toEqual(own.solve(b).x));
    });
  });

  it('that is refused, cancelled or thrown out of leaves the factor as it was', async () => {
    const A = poisson3d(9);
    const { data } = A.toCsr();
    const b = numbers(new Random(5), A.rows);
    await withFactor(engines.simd, A, { method: 'cholesky' }, async (factor) => {
      const { x } = factor.solve(b);
      expectError(() => factor.update(data.map((v) => -v)), 'indefinite-matrix', 'values', 0);
      expect(factor.solve(b).x).toEqual(x);
      expect(await rejectionOf(factor.updateAsync(data, { signal: AbortSignal.abort() }))).toMatchObject({ code: 'cancelled' });
      expect(factor.solve(b).x).toEqual(x);
      const controller = new AbortController();
      const doubled = data.map((v) => 2 * v);
      const midway = factor.updateAsync(doubled, { slice: 0.05, signal: controller.signal, onProgress: () => controller.abort() });
      expectError(() => factor.solve(b), 'busy', 'b');
      expect(await rejectionOf(midway)).toMatchObject({ code: 'cancelled' });
      expect(factor.solve(b).x).toEqual(x);
      const thrown = factor.updateAsync(doubled, { slice: 0.05, onProgress: () => { throw new Error('mine'); } });
      await expect(thrown).rejects.toThrow('mine');
      expect(factor.solve(b).x).toEqual(x);
      expect(factor.report).toMatchObject({ analyses: 1, factorizations: 1 });
    });
  });
});

describe('work in slices', () => {
  it('lets the event loop turn, with progress that never falls', async () => {
    const shown: number[] = [];
    let turns = 0;
    const ticking = setInterval(() => turns++, 0);
    const A = poisson3d(14);
    const factor = await engines.simd.factorize(A, { slice: 1, onProgress: ({ fraction }) => shown.push(fraction) });
    clearInterval(ticking);
    expect(shown.length).toBeGreaterThan(3);
    expect(turns).toBeGreaterThan(0);
    expect(shown.every((v, k) => v <= 1 && (k === 0 || v >= shown[k - 1]!))).toBe(true);
    expect(shown.at(-1)).toBe(1);
    const b = new Float64Array(A.rows).fill(1);
    await withFactor(engines.simd, A, {}, (whole) => expect(factor.solve(b).x).toEqual(whole.solve(b).x));
    factor.dispose();
  });

  it('can be cancelled at any point, and gives everything back', async () => {
    const A = poisson3d(12);
    for (let after = 0; after < 6; after++) {
      const controller = new AbortController();
      let calls = 0;
      const onProgress = (): void => void (calls++ === after && controller.abort());
      const error = await rejectionOf(engines.simd.factorize(A, { signal: controller.signal, slice: 0.1, onProgress }));
      expect(error.code).toBe('cancelled');
      expect(engines.simd.stats().liveHandles).toBe(0);
    }
    expect(await rejectionOf(engines.simd.factorize(A, { timeLimit: 1e-9 }))).toMatchObject({ code: 'budget' });
    expect(engines.simd.stats().liveHandles).toBe(0);
  });

  it('ends where the engine is disposed of meanwhile', async () => {
    const engine = await loadEngine();
    const pending = engine.factorize(poisson3d(12), { slice: 0.1, onProgress: () => engine.dispose() });
    expect((await rejectionOf(pending)).code).toBe('disposed');
  });
});

describe('memory', () => {
  it('comes back at once, and what was disposed of says so', async () => {
    const engine = await loadEngine();
    (await engine.factorize(SparseMatrix.identity(2))).dispose();
    const { usedBytes } = engine.stats();
    for (let round = 0; round < 3; round++) {
      const factor = await engine.factorize(poisson3d(8));
      factor.solve(new Float64Array(512).fill(1));
      factor.condition();
      factor.dispose();
      factor.dispose();
      expect(errorOf(() => factor.condition()).code).toBe('disposed');
      expect(errorOf(() => factor.update([])).code).toBe('disposed');
      expect(errorOf(() => factor.logDeterminant()).code).toBe('disposed');
      expect(engine.stats()).toMatchObject({ liveHandles: 0, usedBytes });
    }
    engine.dispose();
  });

  it('is the scope\'s where a factor is declared with using', async () => {
    const A = poisson2d(4);
    {
      using factor = await engines.simd.factorize(A);
      expect(factor.rows).toBe(16);
    }
    expect(engines.simd.stats().liveHandles).toBe(0);
  });
});
