// What is said of graphs against dense elimination: limits hold, what was asked is met, builds agree.
import fc from 'fast-check';
import { type Graph, type GraphAnswer, SparseMatrix, type Variant } from 'lacuna';
import { describe, expect, it } from 'vitest';
import { bits } from '../support/compare.js';
import { type Dense, denseMultiply, denseSolve, toDense, transposed, zeros } from '../support/dense.js';
import { bothEngines, VARIANTS } from '../support/engines.js';
import { sampled } from '../support/prove.js';
import { Random } from '../support/random.js';

const engines = bothEngines();

/** What the dense reference itself may be off by, relative to its largest value. */
const SLACK = 1e-11;

interface Sample {
  readonly seed: number;
  readonly n: number;
  readonly directed: boolean;
  readonly weighted: boolean;
}

const samples: fc.Arbitrary<Sample> = fc.record({
  seed: fc.nat(1_000_000),
  n: fc.integer({ min: 2, max: 24 }),
  directed: fc.boolean(),
  weighted: fc.boolean(),
});
const undirected = samples.map((sample) => ({ ...sample, directed: false }));

/** A random graph; an undirected one is connected, a directed one may have vertices that lead nowhere. */
function adjacency({ seed, n, directed, weighted }: Sample): SparseMatrix {
  const random = new Random(seed);
  const weight = (): number => (weighted ? 0.25 + random.uniform() : 1);
  const below = (bound: number): number => Math.floor(random.uniform() * bound);
  const edges = new Map<string, [number, number, number]>();
  const add = (u: number, v: number): void => void edges.set(directed ? `${u} ${v}` : `${Math.min(u, v)} ${Math.max(u, v)}`, [u, v, weight()]);
  if (!directed) for (let v = 1; v < n; v++) add(below(v), v);
  for (let k = 0; k < n; k++) {
    const u = below(n);
    const v = below(n);
    if (u !== v) add(u, v);
  }
  return SparseMatrix.fromEdges(n, edges.values(), { directed });
}

/** Runs on both builds, holds their answers against each other, and gives one. */
async function both<T>(A: SparseMatrix, ask: (graph: Graph) => T): Promise<T> {
  const found = {} as Record<Variant, T>;
  for (const variant of VARIANTS) {
    const graph = await engines[variant].createGraph(A);
    found[variant] = ask(graph);
    graph.dispose();
  }
  const plain = (answer: unknown): string =>
    JSON.stringify(answer, (key, value: unknown) => (key === 'time' ? 0 : ArrayBuffer.isView(value) ? bits(value) : value));
  expect(plain(found.simd)).toBe(plain(found.scalar));
  return found.scalar;
}

/** The row-stochastic matrix of the walk; a row without arcs is that of `dangling`. */
function walk(A: Dense, dangling: (u: number) => ArrayLike<number>): Dense {
  return A.map((row, u) => {
    const sum = row.reduce((s, w) => s + w, 0);
    return sum > 0 ? row.map((w) => w / sum) : Array.from(dangling(u));
  });
}

const unit = (n: number, v: number): number[] => Array.from({ length: n }, (_, u) => Number(u === v));

/** π = α(I − (1 − α)Pᵀ)⁻¹ s. */
function rank(P: Dense, s: readonly number[], teleport: number): Float64Array {
  const A = transposed(P).map((row, i) => row.map((p, j) => Number(i === j) - (1 - teleport) * p));
  return denseSolve(A, s.map((value) => teleport * value))!;
}

/** Laplacian grounded at the last vertex. */
function potentials(A: Dense, currents: readonly number[]): number[] {
  const n = A.length;
  const L = zeros(n - 1, n - 1);
  for (let u = 0; u < n; u++) {
    for (let v = 0; v < n; v++) {
      if (u === v) continue;
      if (u < n - 1) L[u]![u]! += A[u]![v]!;
      if (u < n - 1 && v < n - 1) L[u]![v]! -= A[u]![v]!;
    }
  }
  return n === 1 ? [0] : [...denseSolve(L, currents.slice(0, n - 1))!, 0];
}

function within(truth: number, lower: number, upper: number, scale = 1): void {
  expect(truth).toBeGreaterThanOrEqual(lower - SLACK * scale);
  expect(truth).toBeLessThanOrEqual(upper + SLACK * scale);
}

function isDone(answer: GraphAnswer): void {
  expect([answer.converged, answer.reason]).toEqual([true, 'converged-atol']);
  expect(answer.work.entries).toBeGreaterThanOrEqual(0);
}

const error1 = (x: ArrayLike<number>, y: ArrayLike<number>): number => Array.from(x).reduce((sum, v, k) => sum + Math.abs(v - y[k]!), 0);

describe('ranks', () => {
  it.each(['source', 'self', 'uniform'] as const)('of all vertices, dangling %s', async (dangling) => {
    await fc.assert(
      fc.asyncProperty(samples, fc.boolean(), async (sample, personal) => {
        const A = adjacency(sample);
        const { n } = sample;
        const random = new Random(sample.seed + 1);
        const weights = Array.from({ length: n }, () => random.uniform());
        const total = weights.reduce((sum, w) => sum + w, 0);
        const s = personal ? weights.map((w) => w / total) : weights.map(() => 1 / n);
        const answer = await both(A, (graph) => graph.pagerank({ dangling, atol: 1e-9, ...(personal && { personalization: weights }) }));
        isDone(answer);
        const P = walk(toDense(A), (u) => (dangling === 'self' ? unit(n, u) : dangling === 'source' ? s : s.map(() => 1 / n)));
        expect(answer.bound).toBeLessThanOrEqual(1e-9);
        expect(error1(answer.scores, rank(P, s, 0.15))).toBeLessThanOrEqual(answer.bound + SLACK);
      }),
      sampled(15),
    );
  });

  it.each(['source', 'self'] as const)('of one source, one target, one pair, dangling %s', async (dangling) => {
    await fc.assert(
      fc.asyncProperty(samples, fc.constantFrom(1e-2, 1e-5), async (sample, epsilon) => {
        const A = adjacency(sample);
        const { n } = sample;
        const source = sample.seed % n;
        const target = (sample.seed >> 3) % n;
        const options = { teleport: 0.2, epsilon, dangling };
        const ranksFrom = (s: number): Float64Array => rank(walk(toDense(A), (u) => unit(n, dangling === 'self' ? u : s)), unit(n, s), 0.2);
        const truth = ranksFrom(source);

        const from = await both(A, (graph) => graph.personalizedPagerank(source, options));
        const listed = new Set(from.indices);
        from.indices.forEach((v, k) => {
          within(truth[v]!, from.lower[k]!, from.upper[k]!);
          expect(Math.abs(truth[v]! - from.values[k]!)).toBeLessThanOrEqual(from.bound + SLACK);
        });
        truth.forEach((value, v) => listed.has(v) || expect(value).toBeLessThanOrEqual(from.bound + SLACK));
        const dense = new Float64Array(n);
        from.indices.forEach((v, k) => (dense[v] = from.values[k]!));
        expect(error1(dense, truth)).toBeLessThanOrEqual(from.bound1! + SLACK);

        const to = await both(A, (graph) => graph.pagerankTo(target, options));
        for (let u = 0; u < n; u++) {
          const value = ranksFrom(u)[target]!;
          const k = to.indices.indexOf(u);
          if (k < 0) expect(value).toBeLessThanOrEqual(to.bound + SLACK);
          else within(value, to.lower[k]!, to.upper[k]!);
        }

        const pair = await both(A, (graph) => graph.pagerankPair(source, target, { teleport: 0.2, dangling, atol: 1e-8 }));
        isDone(pair);
        within(truth[target]!, pair.lower, pair.upper);
        expect(pair.upper - pair.lower).toBeLessThanOrEqual(1e-8);
        within(pair.value, pair.lower, pair.upper);
      }),
      sampled(15),
    );
  });

  it('of several sources are the mean of theirs', async () => {
    const A = adjacency({ seed: 5, n: 20, directed: true, weighted: true });
    const P = walk(toDense(A), (u) => unit(20, u));
    const options = { dangling: 'self', atol: 1e-9 } as const;
    const truth = rank(P, unit(20, 3).map((x, v) => 0.25 * x + 0.75 * Number(v === 7)), 0.15);
    const answer = await both(A, (graph) => graph.personalizedPagerank({ indices: [3, 7], values: [1, 3] }, options));
    expect(answer.bound1).toBeLessThanOrEqual(1e-9);
    answer.indices.forEach((v, k) => within(truth[v]!, answer.lower[k]!, answer.upper[k]!));
    const alike = await both(A, (graph) => [graph.personalizedPagerank([3, 7], options), graph.personalizedPagerank({ indices: [3, 7], values: [2, 2] }, options)]);
    expect(bits(alike[0]!.values)).toBe(bits(alike[1]!.values));
  });

  it('name the first k', async () => {
    await fc.assert(
      fc.asyncProperty(samples, async (sample) => {
        const A = adjacency(sample);
        const { n } = sample;
        const source = sample.seed % n;
        const truth = rank(walk(toDense(A), () => unit(n, source)), unit(n, source), 0.15);
        const top = await both(A, (graph) => graph.topK(source, 5));
        expect(top.indices.length).toBeLessThanOrEqual(5);
        top.indices.forEach((v, k) => within(truth[v]!, top.lower[k]!, top.upper[k]!));
        for (let k = 0; k < top.certified; k++) {
          const before = new Set(top.indices.slice(0, k + 1));
          truth.forEach((value, v) => before.has(v) || expect(truth[top.indices[k]!]!).toBeGreaterThanOrEqual(value - SLACK));
        }
        const kept = new Set([...top.indices, ...top.ties.indices]);
        const last = Math.min(...[...top.indices].map((v) => truth[v]!));
        if (top.complete) truth.forEach((value, v) => kept.has(v) || expect(value).toBeLessThanOrEqual(last + SLACK));
      }),
      sampled(20),
    );
  });
});

describe('clusters', () => {
  it('have the cut and the volume that they say', async () => {
    await fc.assert(
      fc.asyncProperty(undirected, async (sample) => {
        const A = adjacency(sample);
        const dense = toDense(A);
        const { vertices, cut, volume, conductance } = await both(A, (graph) => graph.localCluster(0));
        const inside = new Set(vertices);
        let crossing = 0;
        let held = 0;
        let total = 0;
        dense.forEach((row, u) =>
          row.forEach((w, v) => {
            total += w;
            if (inside.has(u)) held += w;
            if (inside.has(u) && !inside.has(v)) crossing += w;
          }),
        );
        if (vertices.length === 0) return;
        expect(cut).toBeCloseTo(crossing, 9);
        expect(volume).toBeCloseTo(held, 9);
        expect(conductance).toBeCloseTo(crossing / Math.min(held, total - held), 9);
      }),
      sampled(20),
    );
  });
});

describe('currents', () => {
  it('meet the resistances and potentials of dense elimination', async () => {
    await fc.assert(
      fc.asyncProperty(undirected, async (sample) => {
        const A = adjacency(sample);
        const dense = toDense(A);
        const { n } = sample;
        const s = sample.seed % n;
        const t = (sample.seed >> 4) % n;
        const x = potentials(dense, unit(n, s).map((v, k) => v - Number(k === t)));
        const R = x[s]! - x[t]!;
        const volume = dense.flat().reduce((sum, w) => sum + w, 0);

        const [resistance, commute] = await both(A, (graph) => [graph.effectiveResistance(s, t), graph.commuteTime(s, t)] as const);
        within(R, resistance.lower, resistance.upper, 10);
        expect(resistance.upper - resistance.lower).toBeLessThanOrEqual(1e-6 * resistance.upper);
        within(volume * R, commute.lower, commute.upper, 10 * volume);

        const i = (sample.seed >> 7) % n;
        const currents = { indices: [s, t], values: [2, -2] };
        if (s === t) return;
        const potential = await both(A, (graph) => graph.potential(currents, i, t));
        expect(Math.abs(potential.value - 2 * (x[i]! - x[t]!))).toBeLessThanOrEqual(potential.bound + 10 * SLACK);
        within(2 * (x[i]! - x[t]!), potential.lower, potential.upper, 10);
      }),
      sampled(20),
    );
  });

  it('do not flow between components', async () => {
    const A = SparseMatrix.fromEdges(4, [[0, 1], [2, 3]]);
    const { value, lower, upper, converged } = await both(A, (graph) => graph.effectiveResistance(0, 3));
    expect([value, lower, upper, converged]).toEqual([Infinity, Infinity, Infinity, true]);
  });
});

describe('walks', () => {
  it('hit after the time of dense elimination', async () => {
    await fc.assert(
      fc.asyncProperty(undirected, async (sample) => {
        const A = adjacency(sample);
        const { n } = sample;
        const t = sample.seed % n;
        const P = walk(toDense(A), () => []);
        const others = Array.from({ length: n }, (_, v) => v).filter((v) => v !== t);
        const truth = denseSolve(others.map((u) => others.map((v) => Number(u === v) - P[u]![v]!)), others.map(() => 1))!;
        const [all, one] = await both(A, (graph) => [graph.hittingTimes(t), graph.hittingTime(others[0]!, t)] as const);
        isDone(all);
        expect(all.values[t]).toBe(0);
        others.forEach((v, k) => within(truth[k]!, all.values[v]! * (1 - all.below), all.values[v]! * (1 + all.above), n * n));
        within(truth[0]!, one.lower, one.upper, n * n);
      }),
      sampled(20),
    );
  });

  it('that may never arrive take for ever', async () => {
    const A = SparseMatrix.fromEdges(3, [[0, 1], [0, 2]], { directed: true });
    const { values } = await both(A, (graph) => graph.hittingTimes(2));
    expect([...values]).toEqual([Infinity, Infinity, 0]);
  });

  it('are counted by Katz centralities', async () => {
    await fc.assert(
      fc.asyncProperty(samples, async (sample) => {
        const A = adjacency(sample);
        const { n } = sample;
        const W = transposed(toDense(A));
        // Less than 1 over the largest row sum, which is at least the spectral radius.
        const alpha = 0.8 / Math.max(1, ...W.map((row) => row.reduce((sum, w) => sum + w, 0)));
        const truth = denseSolve(W.map((row, i) => row.map((w, j) => Number(i === j) - alpha * w)), new Float64Array(n).fill(2))!;
        const answer = await both(A, (graph) => graph.katz({ alpha, beta: 2 }));
        isDone(answer);
        truth.forEach((x, v) => within(x, answer.values[v]! * (1 - answer.below), answer.values[v]! * (1 + answer.above), 10));
      }),
      sampled(20),
    );
  });

  it('spread as heat does', async () => {
    await fc.assert(
      fc.asyncProperty(samples, fc.constantFrom(0, 0.5, 4), async (sample, time) => {
        const A = adjacency(sample);
        const { n } = sample;
        const seed = sample.seed % n;
        const P = transposed(walk(toDense(A), (u) => unit(n, u)));
        const truth = new Float64Array(n);
        let term = unit(n, seed);
        let factor = Math.exp(-time);
        for (let k = 1; k < 80; k++) {
          truth.forEach((_, v) => (truth[v]! += factor * term[v]!));
          term = denseMultiply(P, term);
          factor *= time / k;
        }
        const answer = await both(A, (graph) => graph.heatKernel(seed, { time, atol: 1e-7 }));
        isDone(answer);
        expect(answer.bound1).toBeLessThanOrEqual(1e-7);
        const dense = new Float64Array(n);
        answer.indices.forEach((v, k) => (dense[v] = answer.values[k]!));
        expect(error1(dense, truth)).toBeLessThanOrEqual(answer.bound1! + SLACK);
      }),
      sampled(15),
    );
  });
});
