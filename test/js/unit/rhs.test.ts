import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkedVector, Rhs } from '../../../src/ts/rhs.js';
import type { Span } from '../../../src/ts/native/spans.js';
import { expectError } from '../support/errors.js';

/** What a vector looks like once written over old values. */
function written(b: Parameters<typeof checkedVector>[1], length: number): number[] {
  const target = new Float64Array(length).fill(99);
  checkedVector('b', b, length, 'one for each row')(target);
  return [...target];
}

describe('a vector', () => {
  it('is written whole, dense or by its entries', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(7), fc.integer({ min: -100, max: 100 })), { maxLength: 20 }), (entries) => {
        const dense = new Array<number>(8).fill(0);
        for (const [i, value] of entries) dense[i]! += value;
        const sparse = { indices: entries.map(([i]) => i), values: entries.map(([, value]) => value) };
        expect(written(sparse, 8)).toEqual(dense);
        expect(written(dense, 8)).toEqual(dense);
        expect(written(Float32Array.from(dense), 8)).toEqual(dense);
      }),
    );
  });

  it('is checked before anything is written', () => {
    expectError(() => checkedVector('b', [1, NaN], 2, 'why'), 'not-finite', 'b', 1);
    expectError(() => checkedVector('b', { indices: [0, 5], values: [1, 2] }, 3, 'why'), 'index-out-of-range', 'b.indices', 1);
    expectError(() => checkedVector('bs[4]', [1], 2, 'one for each column'), 'shape-mismatch', 'bs[4]');
    expect(() => checkedVector('b', [1], 2, 'one for each column')).toThrow('has 1 elements, expected 2 (one for each column)');
  });

  it('of entries is read when it is checked, so that later changes do not get in', () => {
    const indices = [0];
    const values = [1];
    const write = checkedVector('b', { indices, values }, 2, 'why');
    indices[0] = 7;
    values[0] = NaN;
    const target = new Float64Array(2);
    write(target);
    expect([...target]).toEqual([1, 0]);
  });
});

describe('a kept right-hand side', () => {
  it('gives its address to its owner only, until it is disposed of', () => {
    const span = { address: 64, length: 3 } as Span;
    const freed: Span[] = [];
    const owner = {
      releaseRhs(one: Span) {
        freed.push(one);
        one.address = 0;
      },
    };
    const rhs = new Rhs(owner, span);
    expect([rhs.length, rhs.disposed, rhs.addressFor(owner)]).toEqual([3, false, 64]);
    expectError(() => rhs.addressFor({ releaseRhs() {} }), 'invalid-argument', 'b');
    rhs.dispose();
    rhs.dispose();
    expect(freed).toEqual([span]);
    expect(rhs.disposed).toBe(true);
    expectError(() => rhs.addressFor(owner), 'disposed', 'b');
  });
});
