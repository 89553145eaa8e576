// What the compiler must accept and refuse of graphs; see api.test.ts.
import { createGraph, Graph, type GraphNumber, type KatzOptions, pagerank, type Scores, SparseMatrix } from 'lacuna';
import { describe, expectTypeOf, it } from 'vitest';

/** Compiled, never run. */
const compiled = (_: (graph: Graph) => unknown): void => {};

describe('graphs', () => {
  it('are made from what holds one', () => {
    compiled(() => createGraph(SparseMatrix.identity(2)));
    compiled(() => createGraph({ n: 2, edges: [[0, 1]] }, { directed: true }));
    compiled(() => createGraph({ indptr: [0, 1, 1], indices: new Int32Array([1]) }));
    // @ts-expect-error n is missing
    compiled(() => createGraph({ edges: [[0, 1]] }));
    // @ts-expect-error made by createGraph only
    compiled(() => new Graph());
  });

  it('answer with what was asked', () => {
    expectTypeOf<Graph['pagerank']>().returns.toEqualTypeOf<Scores>();
    expectTypeOf<Graph['pagerankAsync']>().returns.toEqualTypeOf<Promise<Scores>>();
    expectTypeOf<Graph['effectiveResistance']>().returns.toEqualTypeOf<GraphNumber>();
    expectTypeOf<GraphNumber['upper']>().toEqualTypeOf<number>();
    expectTypeOf(pagerank).returns.toEqualTypeOf<Promise<Scores>>();
  });

  it('know their options', () => {
    expectTypeOf<KatzOptions>().toHaveProperty('alpha').toEqualTypeOf<number>();
    // @ts-expect-error alpha has no default
    compiled((graph) => graph.katz({}));
    // @ts-expect-error only where the whole graph is visited
    compiled((graph) => graph.personalizedPagerank(0, { dangling: 'uniform' }));
    compiled((graph) => graph.pagerank({ dangling: 'uniform' }));
    // @ts-expect-error a synchronous call cannot be stopped
    compiled((graph) => graph.pagerank({ signal: AbortSignal.abort() }));
    compiled((graph) => graph.hittingTimesAsync(0, { signal: AbortSignal.abort(), slice: 4 }));
  });
});
