// Graphs as objects: made from whatever holds one, refused with a reason, stopped, disposed of.
import type { GraphCore } from '#graph-core';
import { type AsyncControls, createGraph, type Engine, Graph, loadEngine, pagerank, SparseMatrix } from 'lacuna';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FACTS_FIELDS, QUERIES, REPORT_FIELDS } from '../../../src/ts/graph/queries.js';
import { bits } from '../support/compare.js';
import { errorOf, expectError, rejectionOf } from '../support/errors.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});
afterAll(() => {
  expect(engine.stats().liveHandles).toBe(0);
  engine.dispose();
});

const EDGES: [number, number][] = [[0, 1], [1, 2], [2, 3], [3, 0], [0, 2]];

async function withGraph<T>(body: (graph: Graph) => T | Promise<T>, directed = false): Promise<T> {
  const graph = await engine.createGraph({ n: 4, edges: EDGES }, { directed });
  try {
    return await body(graph);
  } finally {
    graph.dispose();
  }
}

/** One call of each query. */
const CALLS = {
  pagerank: (g) => g.pagerank(),
  personalizedPagerank: (g) => g.personalizedPagerank(0),
  pagerankTo: (g) => g.pagerankTo(0),
  pagerankPair: (g) => g.pagerankPair(0, 2),
  topK: (g) => g.topK(0, 2),
  localCluster: (g) => g.localCluster(0),
  effectiveResistance: (g) => g.effectiveResistance(0, 2),
  commuteTime: (g) => g.commuteTime(0, 2),
  potential: (g) => g.potential({ indices: [0, 2], values: [1, -1] }, 0, 2),
  hittingTimes: (g) => g.hittingTimes(0),
  hittingTime: (g) => g.hittingTime(1, 0),
  katz: (g) => g.katz({ alpha: 0.1 }),
  heatKernel: (g) => g.heatKernel(0, { time: 1 }),
  katzOf: (g) => g.katzOf(0, { alpha: 0.1 }),
} satisfies Record<keyof typeof QUERIES, (graph: Graph) => object>;

describe('a graph', () => {
  it('has what both sides of the boundary know of it', async () => {
    expect(Object.keys(CALLS)).toEqual(Object.keys(QUERIES));
    await withGraph((graph) => {
      const core = graph.core() as GraphCore;
      expect(core.graphReportFields()).toBe(REPORT_FIELDS);
      expect(core.graphFactsFields()).toBe(FACTS_FIELDS);
      expect(graph).toBeInstanceOf(Graph);
      expect([graph.n, graph.arcs, graph.undirected, graph.weighted, graph.dangling, graph.volume]).toEqual([4, 10, true, false, 0, 10]);
    });
  });

  it('is the same from edges, columns of edges, a matrix and rows', async () => {
    const edges = { source: EDGES.map(([u]) => u), target: EDGES.map(([, v]) => v) };
    const matrix = SparseMatrix.fromEdges(4, EDGES, { directed: true });
    const { indptr, indices, data } = matrix.toCsr();
    const found: string[] = [];
    for (const source of [{ n: 4, edges: EDGES }, { n: 4, edges }, matrix, { indptr, indices }, { indptr, indices, data }]) {
      const graph = await engine.createGraph(source, { directed: true });
      expect([graph.arcs, graph.undirected]).toEqual([5, false]);
      found.push(bits(graph.pagerank().scores));
      graph.dispose();
    }
    expect(new Set(found).size).toBe(1);
  });

  it('of edges is undirected unless it is said to be directed', async () => {
    const graph = await createGraph({ n: 2, edges: [[0, 1]] }, { engine });
    expect([graph.arcs, graph.undirected]).toEqual([2, true]);
    graph.dispose();
  });

  it.each([
    ['a weight that is not positive', { n: 2, edges: [[0, 1, -1]] }, undefined, 'invalid-argument', 'source', 0],
    ['a weight of zero', SparseMatrix.fromTriplets(2, 2, [0, 1], [1, 0], [1, 0]), undefined, 'invalid-argument', 'source', 1],
    ['a vertex that is none', { n: 2, edges: [[0, 2]] }, undefined, 'index-out-of-range', 'edges', 0],
    ['a rectangle', SparseMatrix.fromTriplets(1, 2, [0], [0], [1]), undefined, 'not-square', 'source', undefined],
    ['an arc without one back', SparseMatrix.fromEdges(2, [[0, 1]], { directed: true }), { directed: false }, 'not-symmetric', 'graph', undefined],
    ['what is no graph', 7, undefined, 'invalid-argument', 'source', undefined],
    ['an option that there is not', { n: 2, edges: [] }, { direct: true }, 'invalid-option', 'options.direct', undefined],
  ])('refuses %s', async (_, source, options, code, argument, position) => {
    const error = await rejectionOf(engine.createGraph(source as never, options as never));
    expect([error.code, error.argument, error.position]).toEqual([code, argument, position]);
    expect(engine.stats().liveHandles).toBe(0);
  });
});

describe.each(Object.entries(CALLS))('%s', (name, call) => {
  it('counts its work, and says why it ended', async () => {
    await withGraph((graph) => {
      const { converged, reason, work, time } = call(graph) as ReturnType<Graph['pagerank']>;
      expect([converged, reason]).toEqual([true, 'converged-atol']);
      expect(work.entries).toBeGreaterThan(0);
      expect(time).toBeGreaterThanOrEqual(0);
    });
  });

  it('gives the same in slices, and what it has when it is stopped', async () => {
    await withGraph(async (graph) => {
      const args: unknown[] = [];
      const spy = new Proxy(graph, { get: () => (...given: unknown[]) => (args.push(...given), {}) });
      call(spy);
      const last = args.at(-1);
      const own = typeof last === 'object' && !('indices' in (last as object)) ? (args.pop() as object) : {};
      const async = (graph as unknown as Record<string, (...given: unknown[]) => Promise<object>>)[`${name}Async`]!;
      const fractions: number[] = [];
      const sliced = await async.call(graph, ...args, { ...own, slice: 0.01, onProgress: ({ fraction }: { fraction: number }) => fractions.push(fraction) });
      expect({ ...sliced, time: 0 }).toEqual({ ...call(graph), time: 0 });
      expect(fractions.length).toBeGreaterThan(0);
      expect(fractions.every((fraction) => fraction >= 0 && fraction <= 1)).toBe(true);
      const stopped = (await async.call(graph, ...args, { ...own, signal: AbortSignal.abort() })) as ReturnType<Graph['pagerank']>;
      expect([stopped.converged, stopped.reason]).toEqual([false, 'cancelled']);
    });
  });

  it('tells that the graph is gone', async () => {
    const graph = await engine.createGraph({ n: 4, edges: EDGES });
    graph.dispose();
    graph.dispose();
    expect(graph.disposed).toBe(true);
    const error = errorOf(() => call(graph));
    expect(error.code).toBe('disposed');
    expect(error.message).toContain('createGraph()');
  });
});

describe('a question', () => {
  it('is checked, with the name of what is wrong', async () => {
    await withGraph((graph) => {
      const wrong = (options: object): never => options as never;
      expectError(() => graph.pagerank({ teleport: 1 }), 'invalid-option', 'options.teleport');
      expectError(() => graph.pagerank(wrong({ damping: 0.85 })), 'invalid-option', 'options.damping');
      expectError(() => graph.pagerank(wrong({ signal: AbortSignal.abort() })), 'invalid-option', 'options.signal');
      expectError(() => graph.pagerank({ personalization: [1, 2] }), 'shape-mismatch', 'options.personalization');
      expectError(() => graph.pagerank({ personalization: [0, 0, 0, 0] }), 'invalid-argument', 'options.personalization');
      expectError(() => graph.pagerank({ personalization: [1, 0, -1, 0] }), 'invalid-argument', 'options.personalization', 2);
      expectError(() => graph.personalizedPagerank(4), 'index-out-of-range', 'source');
      expectError(() => graph.personalizedPagerank([0, 9]), 'index-out-of-range', 'source', 1);
      expectError(() => graph.personalizedPagerank([]), 'invalid-argument', 'source');
      expectError(() => graph.personalizedPagerank({ indices: [0, 1], values: [1, -1] }), 'invalid-argument', 'source', 1);
      expectError(() => graph.personalizedPagerank(0, wrong({ dangling: 'uniform' })), 'invalid-option', 'options.dangling');
      expectError(() => graph.pagerankPair(0, 1.5), 'invalid-argument', 'target');
      expectError(() => graph.topK(0, 0), 'invalid-argument', 'k');
      expectError(() => graph.katz(wrong({})), 'invalid-option', 'options.alpha');
      expectError(() => graph.katz({ alpha: 1 }), 'invalid-argument', 'options.alpha');
      expectError(() => graph.heatKernel(0, { time: -1 }), 'invalid-option', 'options.time');
      expectError(() => graph.potential({ indices: [0, 1], values: [1, 1] }, 0, 1), 'invalid-argument', 'currents');
      expectError(() => graph.potential({ indices: [0, 0], values: [1, -1] }, 0, 1), 'invalid-argument', 'currents');
    });
  });

  it('about currents needs an undirected graph', async () => {
    await withGraph((graph) => {
      for (const name of ['localCluster', 'effectiveResistance', 'commuteTime', 'potential'] as const) {
        expectError(() => CALLS[name](graph), 'not-symmetric', 'graph');
      }
    }, true);
  });

  it('about a potential between components has no answer', async () => {
    const graph = await engine.createGraph({ n: 4, edges: [[0, 1], [2, 3]] });
    expectError(() => graph.potential({ indices: [0, 1], values: [1, -1] }, 0, 3), 'invalid-argument', 'j');
    expectError(() => graph.potential({ indices: [0, 2], values: [1, -1] }, 0, 1), 'invalid-argument', 'currents');
    graph.dispose();
  });

  it('that is stopped early says what is true all the same', async () => {
    const n = 40_000;
    const ring = await engine.createGraph({ n, edges: Array.from({ length: n }, (_, v): [number, number] => [v, (v + 1) % n]) });
    const resistance = ring.effectiveResistance(0, n / 2, { maxEntries: 1000 });
    expect([resistance.converged, resistance.reason, resistance.upper]).toEqual([false, 'budget', Infinity]);
    expect(resistance.lower).toBeLessThanOrEqual(n / 4);
    const scores = await ring.pagerankAsync({ signal: AbortSignal.abort() });
    expect([scores.reason, scores.bound]).toEqual(['cancelled', Infinity]);
    const times = await ring.hittingTimesAsync(0, { signal: AbortSignal.abort() });
    expect([times.reason, times.below, times.values.every(Number.isNaN)]).toEqual(['cancelled', Infinity, true]);
    const running = ring.hittingTimesAsync(0, { slice: 0.1 });
    ring.dispose();
    expect((await rejectionOf(running)).code).toBe('disposed');
  });
});

describe('pagerank', () => {
  it('takes a graph, or what one is made of, and keeps nothing', async () => {
    const matrix = SparseMatrix.fromEdges(4, EDGES);
    await withGraph(async (graph) => {
      const held = engine.stats().liveHandles;
      const expected = bits(graph.pagerank().scores);
      expect(bits((await pagerank(graph)).scores)).toBe(expected);
      expect(bits((await pagerank(matrix, { engine })).scores)).toBe(expected);
      expect(bits((await pagerank({ n: 4, edges: EDGES }, { engine, directed: false })).scores)).toBe(expected);
      expect(engine.stats().liveHandles).toBe(held);
    });
    expect((await rejectionOf(pagerank(matrix, { engine, teleport: 2 }))).argument).toBe('options.teleport');
  });
});

describe('Katz centrality of one vertex', () => {
  const n = 400;
  const edges = Array.from({ length: 3 * n }, (_, k): [number, number] => [k % n, (k * k + 7 * k + 1) % n]);

  it.each([
    ['undirected, a small alpha', false, 0.01],
    ['undirected, weights from all', false, 0.08],
    ['directed', true, 0.1],
  ])('%s: lies where that of all vertices does', async (_, directed, alpha) => {
    using graph = await engine.createGraph({ n, edges }, { directed });
    const { values } = graph.katz({ alpha, rtol: 1e-12 });
    for (const v of [0, 7, 399]) {
      const { value, lower, upper, bound, converged, work } = graph.katzOf(v, { alpha, rtol: 1e-9 });
      expect(lower).toBeLessThanOrEqual(values[v]! * (1 + 1e-11));
      expect(upper).toBeGreaterThanOrEqual(values[v]! * (1 - 1e-11));
      expect(Math.abs(value - values[v]!)).toBeLessThanOrEqual(bound * (1 + 1e-2) + 1e-11 * value);
      expect([converged, bound <= 1e-9 * value, work.pushes > 0]).toEqual([true, true, true]);
    }
  });

  it('does not exist for a large alpha', async () => {
    using graph = await engine.createGraph({ n, edges });
    expectError(() => graph.katzOf(0, { alpha: 5 }), 'invalid-argument', 'options.alpha');
  });
});

describe('progress', () => {
  const w = 120;
  const edges: [number, number][] = [];
  for (let v = 0; v < w * w; v++) {
    if (v % w < w - 1) edges.push([v, v + 1]);
    if (v + w < w * w) edges.push([v, v + w]);
  }
  const middle = (w * w + w) / 2;

  it.each<[string, (graph: Graph, controls: AsyncControls) => Promise<unknown>]>([
    ['effectiveResistance', (g, c) => g.effectiveResistanceAsync(middle, middle + 30, { rtol: 1e-8, ...c })],
    ['potential', (g, c) => g.potentialAsync({ indices: [middle, middle + 9], values: [1, -1] }, middle, middle + 9, { rtol: 1e-8, ...c })],
    ['hittingTimes', (g, c) => g.hittingTimesAsync(middle, c)],
    ['katz', (g, c) => g.katzAsync({ alpha: 0.24, ...c })],
    ['katzOf', (g, c) => g.katzOfAsync(middle, { alpha: 0.24, ...c })],
    ['heatKernel', (g, c) => g.heatKernelAsync(middle, { time: 200, ...c })],
  ])('of %s rises from below 1 to its end', async (_, call) => {
    using graph = await engine.createGraph({ n: w * w, edges });
    const seen: number[] = [];
    await call(graph, { slice: 1, onProgress: ({ fraction }) => seen.push(fraction) });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen[0]).toBeLessThan(0.9);
    expect(seen.at(-1)).toBeGreaterThan(0.85);
    expect(seen.at(-1)).toBeLessThanOrEqual(1);
    expect(new Set(seen).size).toBeGreaterThan(2);
  });
});
