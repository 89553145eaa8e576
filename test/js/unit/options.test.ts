import { describe, expect, it } from 'vitest';
import { METHODS, PRECONDITIONERS } from '../../../src/ts/native/codes.js';
import { checkControls, checkSolveOptions, checkSolverOptions, SOLVE_KEYS, splitOptions } from '../../../src/ts/options.js';
import { expectError } from '../support/errors.js';

const DEFAULTS = { rtol: 1e-10, atol: 0, maxiter: 0, refine: true };

describe('options of a solver', () => {
  it('are all optional', () => {
    const expected = { method: 0, preconditioner: 0, dropTolerance: 1e-3, fillFactor: 5, ordering: 0, prefer: false, maxFlops: Infinity, ...DEFAULTS };
    expect(checkSolverOptions(undefined)).toEqual(expected);
    expect(checkSolverOptions({})).toEqual(expected);
    expect(checkSolverOptions({ method: undefined, rtol: undefined } as object)).toEqual(expected);
    expect([METHODS[0], PRECONDITIONERS[0]]).toEqual(['auto', 'auto']);
  });

  it('become codes and numbers', () => {
    const given = { method: 'bicgstab', preconditioner: 'ilut', dropTolerance: 0, fillFactor: 1000, ordering: 'rcm', prefer: true, maxFlops: 1e9, rtol: 0, atol: 3, maxiter: 7, refine: false } as const;
    expect(checkSolverOptions(given)).toEqual({ ...given, method: 6, preconditioner: 4, ordering: 5 });
    for (const [code, method] of METHODS.entries()) expect(checkSolverOptions({ method }).method).toBe(code);
    for (const [code, preconditioner] of PRECONDITIONERS.entries()) expect(checkSolverOptions({ preconditioner }).preconditioner).toBe(code);
  });

  it('at the ends of their ranges', () => {
    for (const dropTolerance of [0, 1, Number.MIN_VALUE]) expect(checkSolverOptions({ dropTolerance }).dropTolerance).toBe(dropTolerance);
    for (const fillFactor of [1, 1000]) expect(checkSolverOptions({ fillFactor }).fillFactor).toBe(fillFactor);
    for (const maxiter of [1, Number.MAX_SAFE_INTEGER]) expect(checkSolverOptions({ maxiter }).maxiter).toBe(maxiter);
    for (const rtol of [0, -0, Number.MAX_VALUE]) expect(checkSolverOptions({ rtol }).rtol).toBe(rtol);
    expectError(() => checkSolverOptions({ dropTolerance: 1 + 2 ** -52 }), 'invalid-option', 'options.dropTolerance');
    expectError(() => checkSolverOptions({ maxFlops: 0 }), 'invalid-option', 'options.maxFlops');
    expectError(() => checkSolverOptions({ ordering: 'given' as never }), 'invalid-option', 'options.ordering');
    expectError(() => checkSolverOptions({ prefer: 1 as never }), 'invalid-option', 'options.prefer');
    expectError(() => checkSolverOptions({ fillFactor: 0 }), 'invalid-option', 'options.fillFactor');
    expectError(() => checkSolverOptions({ maxiter: 2 ** 53 }), 'invalid-option', 'options.maxiter');
    expectError(() => checkSolverOptions({ rtol: -Number.MIN_VALUE }), 'invalid-option', 'options.rtol');
  });

  it('a misspelt word is answered with the right ones', () => {
    expect(() => checkSolverOptions({ method: 'chol' as never })).toThrow(/'cholesky', 'ldlt', 'lu', 'qr', 'cg', 'bicgstab'/);
    expect(() => checkSolverOptions({ preconditioner: 'jacobian' as never })).toThrow(/'none', 'jacobi', 'ic', 'ilut'/);
    expect(() => checkSolverOptions({ tol: 1 } as never)).toThrow(/Known options: method, .*rtol, atol/);
  });
});

describe('options of a solve', () => {
  const fallback = { rtol: 1e-4, atol: 1e-5, maxiter: 9, refine: false };

  it('left out are those of the solver', () => {
    expect(checkSolveOptions(undefined, fallback)).toEqual({ ...fallback, transpose: false });
    expect(checkSolveOptions({ rtol: 1e-7, transpose: true }, fallback)).toEqual({ ...fallback, rtol: 1e-7, transpose: true });
    expect(checkSolveOptions({ refine: true, maxiter: 3 }, fallback)).toEqual({ ...fallback, refine: true, maxiter: 3, transpose: false });
  });

  it('depend on the kind of solve', () => {
    const taken = { one: ['x0', 'out'], many: [], async: ['x0', 'out', 'signal', 'onProgress', 'slice', 'timeLimit'] } as const;
    for (const kind of ['one', 'many', 'async'] as const) {
      for (const name of taken.async) {
        const call = (): unknown => checkSolveOptions({ [name]: undefined } as object, fallback, kind);
        if ((taken[kind] as readonly string[]).includes(name)) expect(call()).toBeTruthy();
        else expectError(call, 'invalid-option', `options.${name}`);
      }
    }
  });
});

describe('controls', () => {
  it('ask for slices only where they are given', () => {
    expect(checkControls()).toMatchObject({ slice: 8, timeLimit: Infinity, signal: undefined, needsSlices: false });
    expect(checkControls({ onProgress: () => {} }).needsSlices).toBe(false);
    expect(checkControls({ slice: 8 }).needsSlices).toBe(true);
    expect(checkControls({ timeLimit: Infinity }).needsSlices).toBe(true);
    expect(checkControls({ signal: new AbortController().signal }).needsSlices).toBe(true);
    // A signal of another realm.
    expect(checkControls({ signal: { aborted: false } as AbortSignal }).needsSlices).toBe(true);
  });
});

describe('options of a one-shot solve', () => {
  it('are those of both, shared out', () => {
    const x0 = [1];
    expect(splitOptions({ method: 'cg', rtol: 1e-3, x0, transpose: true, slice: 3 }, SOLVE_KEYS.async)).toEqual({
      solver: { method: 'cg', rtol: 1e-3 },
      solve: { x0, transpose: true, slice: 3 },
    });
    expect(splitOptions(undefined, SOLVE_KEYS.async)).toEqual({ solver: {}, solve: {} });
    expectError(() => splitOptions({ engine: 1 } as never, SOLVE_KEYS.async), 'invalid-option', 'options.engine');
  });
});
