import { describe, expect, it } from 'vitest';
import { LacunaError } from '../../../src/ts/errors.js';
import { METHODS, PRECONDITIONERS, REASONS, STATUSES, word } from '../../../src/ts/native/codes.js';
import { failure } from '../../../src/ts/native/failures.js';

describe('words', () => {
  it.each([
    ['statuses', STATUSES],
    ['reasons', REASONS],
    ['methods', METHODS],
    ['preconditioners', PRECONDITIONERS],
  ] as const)('%s are distinct, in small letters', (_, words: readonly string[]) => {
    expect(new Set(words).size).toBe(words.length);
    for (const one of words) expect(one).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });

  it('are found by code', () => {
    expect(word(METHODS, 3)).toBe('lu');
    expect(word(REASONS, 0)).toBe('direct');
  });

  it.each([-1, 7, 1.5, NaN])('there is none for %d', (code) => {
    expect(() => word(METHODS, code)).toThrow(RangeError);
  });
});

describe('failures', () => {
  const context = { method: 'ldlt', preconditioner: 'none', position: 4, partner: 2, details: { attempts: [] } };

  it.each(STATUSES.filter((status) => status !== 'ok'))('%s becomes an error that says whose fault it is', (status) => {
    const error = failure(status, 'A', context);
    expect(error).toBeInstanceOf(LacunaError);
    expect(error.argument).toBe('A');
    expect(error.message).toMatch(/^A: \S/);
    expect(error.message).not.toMatch(/undefined|NaN|object/);
    // What only a defect of the library can lead to is called that.
    const defects = ['invalid-size', 'bad-indptr', 'index-out-of-range', 'unsorted-indices', 'unknown-handle', 'stale-handle', 'double-free', 'not-sliceable', 'internal'];
    if (defects.includes(status)) {
      expect(error.code).toBe('internal');
      expect(error.remedy).toContain('report');
    } else if (status !== 'not-ready') {
      expect(error.code).not.toBe('internal');
    }
  });

  it('names the place that the core named', () => {
    expect(failure('not-symmetric', 'A', context).position).toEqual([4, 2]);
    expect(failure('not-symmetric', 'A', context).message).toContain('A(4, 2) differs from A(2, 4)');
    expect(failure('singular-matrix', 'A', context).position).toBe(4);
    expect(failure('singular-matrix', 'A', { ...context, position: -1 }).position).toBeUndefined();
    expect(failure('indefinite-matrix', 'A', context).message).toContain('column 4');
    expect(failure('not-finite', 'b', context).position).toBe(4);
  });
});
