import { describe, expect, it } from 'vitest';
import { LacunaError, ParseError } from '../../../src/ts/errors.js';

describe('LacunaError', () => {
  it('reads "argument: what is wrong (position …). remedy."', () => {
    const error = new LacunaError('not-finite', 'NaN is not a finite number', {
      argument: 'values',
      position: 3,
      remedy: 'Replace it',
    });
    expect(error.message).toBe('values: NaN is not a finite number (position 3). Replace it.');
    expect(error).toMatchObject({ code: 'not-finite', argument: 'values', position: 3, remedy: 'Replace it' });
  });

  it('names a place in a matrix by row and column, and needs no options', () => {
    expect(new LacunaError('not-symmetric', 'differs', { position: [2, 5] }).message).toBe('differs (position 2, 5).');
    expect(new LacunaError('internal', 'impossible.', { remedy: 'Report it.' }).message).toBe('impossible. Report it.');
  });

  it('keeps position 0 and has no properties for what is not known', () => {
    expect(new LacunaError('not-finite', 'x', { position: 0 }).position).toBe(0);
    expect(Object.keys(new LacunaError('internal', 'x'))).toEqual(['code']);
    expect('cause' in new LacunaError('internal', 'x')).toBe(false);
  });

  it('is an Error with a name, a stack and a cause', () => {
    const cause = new TypeError('below');
    const error = new LacunaError('load-failed', 'x', { cause, details: { status: 404 } });
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('LacunaError');
    expect(error.stack).toContain('errors.test');
    expect(error.cause).toBe(cause);
    expect(error.details).toEqual({ status: 404 });
  });
});

describe('ParseError', () => {
  it('is a LacunaError that knows line and column', () => {
    const error = new ParseError(3, 7, 'expected a value', { details: { expected: 1 } });
    expect(error).toBeInstanceOf(LacunaError);
    expect(error.name).toBe('ParseError');
    expect(error.code).toBe('parse-error');
    expect(error.message).toBe('line 3, column 7: expected a value.');
    expect([error.line, error.column]).toEqual([3, 7]);
    expect(error.details).toEqual({ expected: 1, line: 3, column: 7 });
  });

  it('can carry a more exact code', () => {
    expect(new ParseError(1, 1, 'x', { code: 'unsupported-format' }).code).toBe('unsupported-format');
  });
});
