import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Edge, SparseMatrix } from '../../../src/ts/matrix.js';
import { toDense, zeros } from '../support/dense.js';
import { expectError } from '../support/errors.js';

const graphs = fc.integer({ min: 1, max: 8 }).chain((n) =>
  fc.record({
    n: fc.constant(n),
    edges: fc.array(fc.tuple(fc.nat(n - 1), fc.nat(n - 1), fc.integer({ min: -50, max: 50 })), { maxLength: 30 }),
  }),
);

const columns = (edges: readonly (readonly [number, number, number])[]) => ({
  source: edges.map(([u]) => u),
  target: edges.map(([, v]) => v),
  weight: edges.map(([, , w]) => w),
});

describe('fromEdges', () => {
  it('sums weights in both directions of an undirected graph, loops once', () => {
    fc.assert(
      fc.property(graphs, ({ n, edges }) => {
        const expected = zeros(n, n);
        for (const [u, v, w] of edges) {
          expected[u]![v]! += w;
          if (u !== v) expected[v]![u]! += w;
        }
        expect(toDense(SparseMatrix.fromEdges(n, edges))).toEqual(expected);
        expect(toDense(SparseMatrix.fromEdges(n, columns(edges)))).toEqual(expected);
      }),
    );
  });

  it('keeps directions when asked to', () => {
    fc.assert(
      fc.property(graphs, ({ n, edges }) => {
        const expected = zeros(n, n);
        for (const [u, v, w] of edges) expected[u]![v]! += w;
        expect(toDense(SparseMatrix.fromEdges(n, edges, { directed: true }))).toEqual(expected);
      }),
    );
  });

  it('takes any iterable, mixed weights, and 1 where there is none', () => {
    function* edges(): Generator<Edge> {
      yield [0, 1];
      yield [1, 2, 0.5];
    }
    const A = SparseMatrix.fromEdges(3, edges());
    expect([A.get(0, 1), A.get(1, 0), A.get(2, 1), A.nnz]).toEqual([1, 1, 0.5, 4]);
    expect(SparseMatrix.fromEdges(3, new Map([[0, 1]])).get(1, 0)).toBe(1);
    expect(SparseMatrix.fromEdges(3, { source: [0], target: [2] }).get(2, 0)).toBe(1);
    expect(SparseMatrix.fromEdges(3, [Int32Array.of(0, 2)] as Iterable<Edge>).get(2, 0)).toBe(1);
    expect(SparseMatrix.fromEdges(3, []).nnz).toBe(0);
  });

  it('keeps an undirected sum symmetric to the last bit', () => {
    const A = SparseMatrix.fromEdges(2, [[0, 1, 1e16], [1, 0, 1], [0, 1, -1e16]]);
    expect(A.get(0, 1)).toBe(A.get(1, 0));
  });
});

describe('laplacian', () => {
  it('is D − W + shift·I with loops left out and a full diagonal', () => {
    fc.assert(
      fc.property(graphs, fc.integer({ min: -5, max: 5 }), ({ n, edges }, shift) => {
        const expected = zeros(n, n);
        for (let v = 0; v < n; v++) expected[v]![v] = shift;
        for (const [u, v, w] of edges.filter(([a, b]) => a !== b)) {
          expected[u]![u]! += w;
          expected[v]![v]! += w;
          expected[u]![v]! -= w;
          expected[v]![u]! -= w;
        }
        const L = SparseMatrix.laplacian(n, edges, { shift });
        expect(toDense(L)).toEqual(expected);
        expect(SparseMatrix.laplacian(n, columns(edges), { shift }).toCsr()).toEqual(L.toCsr());
        const { indptr, indices } = L.toCsr();
        for (let v = 0; v < n; v++) expect([...indices.subarray(indptr[v], indptr[v + 1])]).toContain(v);
        expect([...L.multiply(new Float64Array(n).fill(1))]).toEqual(new Array(n).fill(shift));
      }),
    );
  });
});

describe('edges of weight 0', () => {
  it('stay stored, as 0 and not as −0', () => {
    expect([...SparseMatrix.laplacian(2, [[0, 1, 0]]).toCsr().data]).toEqual([0, 0, 0, 0]);
    expect([...SparseMatrix.fromEdges(2, [[0, 1, 0]]).toCsr().data]).toEqual([0, 0]);
  });
});

describe('bad edges', () => {
  const from = SparseMatrix.fromEdges as (n: number, edges: unknown, options?: unknown) => SparseMatrix;
  const laplacian = SparseMatrix.laplacian as (n: number, edges: unknown, options?: unknown) => SparseMatrix;

  it.each([['null', null], ['undefined', undefined], ['a string', 'ab'], ['a number', 3], ['no columns', { source: [0] }]])(
    'refuses %s',
    (_, edges) => {
      expectError(() => from(2, edges), 'invalid-argument', 'edges');
      expectError(() => laplacian(2, edges), 'invalid-argument', 'edges');
    },
  );

  it('names the edge that is wrong', () => {
    expectError(() => from(2, [[0, 1], [0]]), 'invalid-argument', 'edges', 1);
    expectError(() => from(2, [[0, 1, 1, 1]]), 'invalid-argument', 'edges', 0);
    expectError(() => from(2, [{ source: 0, target: 1 }]), 'invalid-argument', 'edges', 0);
    expectError(() => from(2, Int32Array.of(0, 1)), 'invalid-argument', 'edges', 0);
    expectError(() => from(2, [['0', 1]]), 'invalid-argument', 'edges', 0);
    expectError(() => from(2, [[0, 1], [0, 2]]), 'index-out-of-range', 'edges', 1);
    expectError(() => from(2, [[-1, 0]]), 'index-out-of-range', 'edges', 0);
    expectError(() => from(2, [[0, 0.5]]), 'invalid-argument', 'edges', 0);
    expectError(() => from(2, [[0, 1, NaN]]), 'not-finite', 'edges', 0);
    expectError(() => from(2, [[0, 1, undefined]]), 'invalid-argument', 'edges', 0);
    expectError(() => from(2, [[0, 1, '2']]), 'invalid-argument', 'edges', 0);
  });

  it('names the column that is wrong', () => {
    expectError(() => from(2, { source: [0], target: [0, 1] }), 'shape-mismatch', 'edges.target');
    expectError(() => from(2, { source: [0], target: [1], weight: [] }), 'shape-mismatch', 'edges.weight');
    expectError(() => from(2, { source: [2], target: [1] }), 'index-out-of-range', 'edges.source', 0);
    expectError(() => from(2, { source: [0], target: [1], weight: [NaN] }), 'not-finite', 'edges.weight', 0);
    expectError(() => from(2, { source: [0], target: [1], weights: [5] }), 'invalid-argument', 'edges.weights');
  });

  it('checks options', () => {
    expectError(() => from(2, [], { directed: 'yes' }), 'invalid-option', 'options.directed');
    expectError(() => from(2, [], { direction: true }), 'invalid-option', 'options.direction');
    expectError(() => laplacian(2, [], { shift: NaN }), 'invalid-option', 'options.shift');
    expectError(() => laplacian(2, [], { shift: '1' }), 'invalid-option', 'options.shift');
    expectError(() => laplacian(2, [], { directed: true }), 'invalid-option', 'options.directed');
  });

  it('refuses degrees and sums that overflow', () => {
    expectError(() => laplacian(3, [[0, 1, 1.7e308], [0, 2, 1.7e308]]), 'not-finite', 'edges');
    expectError(() => from(2, [[0, 1, 1.7e308], [1, 0, 1.7e308]]), 'not-finite', undefined, [0, 1]);
  });
});
