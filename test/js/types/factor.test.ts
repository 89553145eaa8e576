// What the compiler must accept and refuse of factors; see api.test.ts.
import { type Analysis, analyze, type ConditionEstimate, type Factor, factorize, type FactorSolution, SparseMatrix } from 'lacuna';
import { describe, expectTypeOf, it } from 'vitest';

/** Compiled, never run. */
const compiled = (_: (factor: Factor) => unknown): void => {};
const A = SparseMatrix.identity(2);

describe('factors', () => {
  it('are made by a direct method and an order', () => {
    compiled(() => factorize(A));
    compiled(() => factorize(A, { method: 'lu', ordering: 'amd', maxFlops: 1e9, maxBytes: 1e8 }));
    compiled(() => factorize(A, { ordering: new Int32Array([1, 0]), slice: 4, signal: AbortSignal.abort() }));
    compiled(() => factorize(A, { precision: 'mixed' }));
    // @ts-expect-error mixed with double precision, or double alone
    compiled(() => factorize(A, { precision: 'single' }));
    // @ts-expect-error not a direct method
    compiled(() => factorize(A, { method: 'cg' }));
    // @ts-expect-error an order that is reported, not asked for
    compiled(() => factorize(A, { ordering: 'column-amd' }));
    expectTypeOf(factorize).returns.toEqualTypeOf<Promise<Factor>>();
    expectTypeOf(analyze).returns.toEqualTypeOf<Promise<Analysis>>();
  });

  it('answer with what was asked', () => {
    expectTypeOf<Factor['solve']>().returns.toEqualTypeOf<FactorSolution>();
    expectTypeOf<Factor['solveAsync']>().returns.toEqualTypeOf<Promise<FactorSolution>>();
    expectTypeOf<Factor['condition']>().returns.toEqualTypeOf<ConditionEstimate>();
    expectTypeOf<FactorSolution['report']['forwardError']>().toEqualTypeOf<number | undefined>();
    expectTypeOf<Factor['report']['factorNnz']>().toEqualTypeOf<number | undefined>();
  });

  it('know their options', () => {
    compiled((factor) => factor.solve({ indices: [0], values: [1] }, { refine: 5, errorBound: true, out: new Float64Array(2) }));
    compiled((factor) => factor.solveManyAsync([[1, 2]], { onProgress: ({ fraction }) => fraction }));
    // @ts-expect-error a synchronous call cannot be stopped
    compiled((factor) => factor.solve([1, 2], { signal: AbortSignal.abort() }));
    // @ts-expect-error only doubles hold a certificate
    compiled((factor) => factor.solve([1, 2], { out: new Float32Array(2) }));
  });
});
