// Graphs that are never loaded: arcs come from a callback, when a query needs them.
import { type ArcSource, createGraph, type Engine, type Graph, loadEngine } from 'lacuna';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});
afterAll(() => {
  expect(engine.stats().liveHandles).toBe(0);
  engine.dispose();
});

/** A w×w grid as a callback, and the vertices that it was asked for. */
function grid(w: number, later = false, declared: Pick<ArcSource, 'volume' | 'maxDegree'> = {}): { source: ArcSource; asked: Set<number>; calls: () => number } {
  const asked = new Set<number>();
  let calls = 0;
  const neighbors = (ids: Float64Array) => {
    calls++;
    const rows = [...ids].map((v) => {
      asked.add(v);
      const x = v % w;
      const y = Math.floor(v / w);
      return [x > 0 ? v - 1 : -1, x < w - 1 ? v + 1 : -1, y > 0 ? v - w : -1, y < w - 1 ? v + w : -1].filter((u) => u >= 0);
    });
    const batch = { counts: rows.map((row) => row.length), indices: rows.flat() };
    return later ? Promise.resolve(batch) : batch;
  };
  return { source: { vertices: w * w, neighbors, ...declared }, asked, calls: () => calls };
}

async function both<T>(w: number, body: (loaded: Graph, asked: Graph) => T, declared = {}): Promise<T> {
  const { source } = grid(w, false, declared);
  const loaded = await engine.createGraph(source, { directed: false, load: true });
  const asked = await engine.createGraph(source, { directed: false });
  try {
    return body(loaded, asked);
  } finally {
    loaded.dispose();
    asked.dispose();
  }
}

describe('against the same graph, loaded', () => {
  it('says what it is', () =>
    both(5, (loaded, asked) => {
      expect([loaded.loaded, loaded.n, loaded.arcs, loaded.undirected]).toEqual([true, 25, 80, true]);
      expect([asked.loaded, asked.n, asked.arcs, asked.undirected]).toEqual([false, 25, NaN, true]);
    }));

  it.each(['source', 'self'] as const)('personalized PageRank, dangling %s, lies between its limits', (dangling) =>
    both(8, (loaded, asked) => {
      const truth = loaded.personalizedPagerank(9, { epsilon: 1e-14, dangling });
      const rank = asked.personalizedPagerank(9, { atol: 1e-9, dangling });
      expect(rank.bound1).toBeLessThanOrEqual(1e-9);
      expect(rank.converged).toBe(true);
      const at = new Map([...rank.indices].map((v, k) => [v, k]));
      let sum = 0;
      truth.indices.forEach((v, k) => {
        const j = at.get(v)!;
        expect(rank.lower[j]).toBeLessThanOrEqual(truth.upper[k]!);
        expect(rank.upper[j]).toBeGreaterThanOrEqual(truth.lower[k]!);
        sum += Math.abs(rank.values[j]! - truth.values[k]!);
      });
      expect(sum).toBeLessThanOrEqual(1e-9 + truth.bound1!);
      const rough = asked.personalizedPagerank(9, { epsilon: 1e-3, dangling });
      expect(rough.indices.length).toBeLessThan(rank.indices.length);
      rough.indices.forEach((v, k) => {
        const j = at.get(v)!;
        expect(rough.lower[k]).toBeLessThanOrEqual(rank.upper[j]!);
        expect(rough.upper[k]).toBeGreaterThanOrEqual(rank.lower[j]!);
      });
    }));

  it('resistances, potentials and heat agree to their bounds', () =>
    both(9, (loaded, asked) => {
      const pairs = (['effectiveResistance', 'potential'] as const).map((name) =>
        [loaded, asked].map((graph) =>
          name === 'potential' ? graph.potential({ indices: [40, 44], values: [1, -1] }, 40, 41) : graph.effectiveResistance(40, 44),
        ),
      );
      for (const [a, b] of pairs) expect(Math.abs(a!.value - b!.value)).toBeLessThanOrEqual(a!.bound + b!.bound);
      const [a, b] = [loaded, asked].map((graph) => graph.heatKernel(40, { time: 3 }));
      const heat = new Map([...b!.indices].map((v, k) => [v, b!.values[k]!]));
      let sum = 0;
      a!.indices.forEach((v, k) => (sum += Math.abs(a!.values[k]! - (heat.get(v) ?? 0))));
      expect(sum).toBeLessThanOrEqual(a!.bound1! + b!.bound1!);
    }));
});

describe.each([
  ['with what is known of it', { volume: 4 * 9 * 8, maxDegree: 4 }],
  ['without', {}],
])('numbers of a graph declared %s', (_, declared) => {
  const overlap = (a: { lower: number; upper: number }, b: { lower: number; upper: number }): void => {
    expect(a.lower).toBeLessThanOrEqual(b.upper);
    expect(b.lower).toBeLessThanOrEqual(a.upper);
  };

  it('hitting and commute times agree', () =>
    both(
      9,
      (loaded, asked) => {
        for (const [s, t] of [[40, 44], [0, 80], [3, 3]] as const) {
          const [there, ball] = [loaded.hittingTime(s, t), asked.hittingTime(s, t)];
          overlap(there, ball);
          expect(ball.converged).toBe(true);
          expect(ball.bound).toBeLessThanOrEqual(1e-6 * ball.value);
          const rough = asked.hittingTime(s, t, { maxEntries: 40 });
          overlap(there, rough);
          const [a, b] = [loaded, asked].map((graph) => graph.commuteTime(s, t));
          overlap(a!, b!);
          expect([b!.converged, b!.upper - b!.lower <= 1e-6 * b!.lower]).toEqual([true, true]);
        }
      },
      declared,
    ));

  it('ranks by target, of pairs, and the first agree', () =>
    both(
      9,
      (loaded, asked) => {
        const [a, b] = [loaded, asked].map((graph) => graph.pagerankTo(40, { epsilon: 1e-8 }));
        expect(b!.bound).toBeLessThanOrEqual(1e-8);
        const at = new Map([...b!.indices].map((v, k) => [v, b!.values[k]!]));
        a!.indices.forEach((v, k) => expect(Math.abs(a!.values[k]! - (at.get(v) ?? 0))).toBeLessThanOrEqual(a!.bound + b!.bound));
        const [x, y] = [loaded, asked].map((graph) => graph.pagerankPair(0, 40, { atol: 1e-10 }));
        overlap(x!, y!);
        expect(y!.converged).toBe(true);
        const tops = [loaded, asked].map((graph) => graph.topK(0, 3));
        expect([...tops[1]!.indices].slice(0, 1)).toEqual([...tops[0]!.indices].slice(0, 1));
        expect(tops[1]!.certified).toBeGreaterThanOrEqual(1);
      },
      declared,
    ));
});

it('Katz centrality of one vertex agrees where the largest degree is declared', () =>
  both(
    9,
    (loaded, asked) => {
      const [a, b] = [loaded, asked].map((graph) => graph.katzOf(40, { alpha: 0.2 }));
      expect(Math.abs(a!.value - b!.value)).toBeLessThanOrEqual(a!.bound + b!.bound);
      expect(b!.converged).toBe(true);
      expect(() => asked.katzOf(40, { alpha: 0.3 })).toThrow(expect.objectContaining({ code: 'not-loaded' }));
    },
    { maxDegree: 4 },
  ));

it('a chain that is absorbed is read as far as it goes', async () => {
  // From v to v − 1 or to ⌊v/2⌋, alike: h(v) = 1 + (h(v − 1) + h(⌊v/2⌋))/2.
  const asked = new Set<number>();
  const source: ArcSource = {
    vertices: 1e12,
    neighbors: (ids) => {
      const rows = [...ids].map((v) => {
        asked.add(v);
        return v === 0 ? [] : [...new Set([v - 1, Math.floor(v / 2)])];
      });
      return { counts: rows.map((row) => row.length), indices: rows.flat() };
    },
  };
  using graph = await engine.createGraph(source);
  const h = [0];
  for (let v = 1; v <= 300; v++) h.push(1 + (v === 1 ? 0 : (h[v - 1]! + h[Math.floor(v / 2)]!) / 2));
  const { lower, upper, bound, converged } = graph.hittingTime(300, 0);
  expect(lower).toBeLessThanOrEqual(h[300]! * (1 + 1e-12));
  expect(upper).toBeGreaterThanOrEqual(h[300]! * (1 - 1e-12));
  expect([converged, bound <= 1e-6 * h[300]!, asked.size]).toEqual([true, true, 300]);
  const early = graph.hittingTime(300, 0, { maxEntries: 50 });
  expect([early.reason, early.bound, early.upper]).toEqual(['budget', Infinity, Infinity]);
  expect(early.lower).toBeGreaterThan(1);
  expect(early.lower).toBeLessThanOrEqual(h[300]!);
  expect(() => graph.pagerankTo(3)).toThrow(expect.objectContaining({ code: 'not-loaded', message: expect.stringContaining('incoming') as string }));
  // Upwards it never comes.
  expect(graph.hittingTime(5, 9).value).toBe(Infinity);
  expect(graph.pagerankPair(6, 3).value).toBeGreaterThan(0.05);
});

it('a local cluster is made of whole cliques, cut where it says', async () => {
  // A ring of 60 cliques of 8.
  const source: ArcSource = {
    vertices: 480,
    neighbors: (ids) => {
      const rows = [...ids].map((v) => {
        const own = Array.from({ length: 8 }, (_, k) => v - (v % 8) + k).filter((u) => u !== v);
        if (v % 8 === 0) own.push((v + 473) % 480);
        if (v % 8 === 1) own.push((v + 7) % 480);
        return own;
      });
      return { counts: rows.map((row) => row.length), indices: rows.flat() };
    },
  };
  using graph = await engine.createGraph(source, { directed: false });
  const { vertices, cut, volume, conductance, work } = graph.localCluster(80, { epsilon: 1e-4 });
  const cliques = new Set([...vertices].map((v) => Math.floor(v / 8)));
  expect(cliques.has(10)).toBe(true);
  expect(vertices.length).toBe(8 * cliques.size);
  expect([cut, volume, conductance]).toEqual([2, 58 * cliques.size, 2 / (58 * cliques.size)]);
  expect(work.touched).toBeLessThan(480);
  using directed = await engine.createGraph(source);
  expect(() => directed.localCluster(80)).toThrow(expect.objectContaining({ code: 'not-symmetric' }));
});

describe('a graph of 10¹² vertices', () => {
  it('is asked for what a query needs, in batches', async () => {
    const { source, asked, calls } = grid(1e6);
    using graph = await engine.createGraph(source, { directed: false });
    const middle = 5e11 + 5e5;
    const rank = graph.personalizedPagerank(middle, { epsilon: 1e-5 });
    expect(rank.indices[0]).toBe(middle);
    expect(rank.lower[0]).toBeGreaterThan(0.15);
    expect(asked.size).toBeLessThan(10_000);
    // Across one edge of an infinite grid half of the current takes other ways.
    const { value, bound } = graph.effectiveResistance(middle, middle + 1, { rtol: 1e-3 });
    expect(Math.abs(value - 0.5)).toBeLessThan(bound + 1e-6);
    expect(calls()).toBeLessThan(asked.size / 4);
  });

  it('has hitting times and first vertices near by', async () => {
    const w = 1e6;
    const volume = 4 * w * (w - 1);
    const { source, asked } = grid(w, false, { volume, maxDegree: 4 });
    using graph = await engine.createGraph(source, { directed: false });
    expect(graph.volume).toBe(volume);
    // Mirror images of each other: there takes as long as back.
    const [s, t] = [(w * w) / 2 + w / 2 - 1, (w * w) / 2 + w / 2];
    const commute = graph.commuteTime(s, t, { rtol: 1e-3 });
    const there = graph.hittingTime(s, t, { rtol: 0.5 });
    expect([commute.converged, there.converged]).toEqual([true, true]);
    expect(there.lower).toBeLessThanOrEqual(commute.upper / 2);
    expect(there.upper).toBeGreaterThanOrEqual(commute.lower / 2);
    const { indices, complete, certified } = graph.topK(s, 5);
    expect([indices[0], complete, certified]).toEqual([s, true, 1]);
    expect(asked.size).toBeLessThan(50_000);
    using silent = await engine.createGraph(grid(w).source, { directed: false });
    const least = silent.commuteTime(s, t, { maxEntries: 2000 });
    expect([least.reason, least.upper]).toEqual(['budget', Infinity]);
    expect(least.lower).toBeGreaterThan(100);
    expect(least.lower).toBeLessThan(commute.lower);
  });

  it('is held against what was declared', async () => {
    using small = await engine.createGraph(grid(1e6, false, { volume: 50 }).source, { directed: false });
    expect(() => small.commuteTime(7, 9)).toThrow(expect.objectContaining({ code: 'declaration-violated', argument: 'source.volume' }));
    expect(() => small.hittingTime(7, 9)).toThrow(expect.objectContaining({ code: 'declaration-violated', argument: 'source.volume' }));
    using thin = await engine.createGraph(grid(1e6, false, { maxDegree: 3 }).source, { directed: false });
    expect(() => thin.topK(5e11 + 5e5, 2)).toThrow(expect.objectContaining({ code: 'declaration-violated' }));
  });

  it('may answer later, to calls that wait', async () => {
    const { source } = grid(1e6, true);
    using graph = await engine.createGraph(source, { directed: false });
    expect(() => graph.heatKernel(7, { time: 1 })).toThrow(expect.objectContaining({ code: 'invalid-argument', argument: 'source.neighbors()' }));
    const seen: number[] = [];
    const { bound1, converged } = await graph.heatKernelAsync(7, { time: 1, onProgress: ({ fraction }) => seen.push(fraction) });
    expect([bound1! <= 1e-6, converged]).toEqual([true, true]);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    const controller = new AbortController();
    controller.abort();
    const stopped = await graph.personalizedPagerankAsync(7, { signal: controller.signal });
    expect([stopped.reason, stopped.converged]).toEqual(['cancelled', false]);
  });

  it('refuses what reads all of it, and says what helps', async () => {
    using graph = await engine.createGraph(grid(1e6).source, { directed: false });
    for (const call of [() => graph.pagerank(), () => graph.hittingTimes(0), () => graph.katz({ alpha: 0.1 })]) {
      expect(call).toThrow(expect.objectContaining({ code: 'not-loaded', message: expect.stringContaining('load: true') as string }));
    }
    await expect(engine.createGraph(grid(1e6).source, { load: true })).rejects.toMatchObject({ code: 'too-large' });
  });
});

describe('sources that are wrong', () => {
  const one = (batch: (ids: Float64Array) => unknown, n = 4): ArcSource => ({ vertices: n, neighbors: batch as ArcSource['neighbors'] });

  it.each([
    ['a weight that is not positive', one((ids) => ({ counts: ids.map(() => 1), indices: ids.map(() => 1), values: ids.map(() => 0) })), 'invalid-argument'],
    ['a target outside', one((ids) => ({ counts: ids.map(() => 1), indices: ids.map(() => 4) })), 'index-out-of-range'],
    ['a target twice', one((ids) => ({ counts: ids.map(() => 2), indices: [...ids].flatMap(() => [1, 1]) })), 'duplicate-entry'],
    ['too few counts', one(() => ({ counts: [], indices: [] })), 'shape-mismatch'],
    ['nothing', one(() => undefined), 'invalid-argument'],
    ['an arc of another weight back', one((ids) => ({ counts: ids.map(() => 1), indices: ids.map((v) => (v === 0 ? 1 : 0)), values: ids.map((v) => 1 + v) })), 'declaration-violated'],
  ])('%s ends the query', async (_, source, code) => {
    using graph = await engine.createGraph(source, { directed: false });
    expect(() => graph.personalizedPagerank(0)).toThrow(expect.objectContaining({ code }));
  });

  it('one that throws is told apart', async () => {
    const cause = new Error('offline');
    using graph = await engine.createGraph(one(() => { throw cause; }));
    expect(() => graph.personalizedPagerank(0)).toThrow(expect.objectContaining({ code: 'source-failed', cause }));
  });

  it.each([
    [{ vertices: 0, neighbors: () => ({}) }, 'source.vertices'],
    [{ vertices: 3 }, 'source'],
    [{ neighbors: () => ({}) }, 'source.vertices'],
    [{ vertices: 3, neighbors: () => ({}), volume: 0 }, 'source.volume'],
    [{ vertices: 3, neighbors: () => ({}), maxDegree: '4' }, 'source.maxDegree'],
  ])('%j is no source', async (source, argument) => {
    await expect(createGraph(source as unknown as ArcSource)).rejects.toMatchObject({ code: 'invalid-argument', argument });
  });

  it('options of callbacks are for callbacks', async () => {
    await expect(engine.createGraph({ n: 1, edges: [] }, { load: true })).rejects.toMatchObject({ code: 'invalid-option', argument: 'options.load' });
  });
});

it('loops and vertices without arcs count as in a loaded graph', async () => {
  const rows = [[0, 1], [2], []];
  const source: ArcSource = {
    vertices: 3,
    neighbors: (ids) => ({
      counts: [...ids].map((v) => rows[v]!.length),
      indices: [...ids].flatMap((v) => rows[v]!),
      values: [...ids].flatMap((v) => rows[v]!.map((u) => 1 + u)),
    }),
  };
  using loaded = await engine.createGraph(source, { load: true });
  using asked = await engine.createGraph(source);
  for (const dangling of ['source', 'self'] as const) {
    const [a, b] = [loaded, asked].map((graph) => graph.personalizedPagerank(0, { atol: 1e-12, dangling }));
    const order = (rank: typeof a) => [...rank!.indices.keys()].sort((i, j) => rank!.indices[i]! - rank!.indices[j]!);
    const [x, y] = [order(a).map((k) => a!.values[k]!), order(b).map((k) => b!.values[k]!)];
    x.forEach((value, k) => expect(Math.abs(value - y[k]!)).toBeLessThan(1e-11));
  }
  const heats = [loaded, asked].map((graph) => graph.heatKernel(0, { time: 2, atol: 1e-10 }));
  const sums = heats.map(({ indices, values }) => indices.reduce((sum, v, k) => sum + (v + 1) * values[k]!, 0));
  expect(Math.abs(sums[0]! - sums[1]!)).toBeLessThan(1e-9);
});
