import { Entries } from './entries.js';
import { family, sizeBetween } from './family.js';
import type { SeededRandom } from '../random.js';

type Edges = readonly (readonly [number, number])[];

/** Preferential attachment (Barabási and Albert, Science 286, 1999): few vertices have most of the edges. */
function powerLawEdges(random: SeededRandom, n: number, each: number): Edges {
  const ends: number[] = [0];
  const edges: [number, number][] = [];
  for (let v = 1; v < n; v++) {
    for (let k = 0; k < each; k++) {
      const u = random.choice(ends);
      if (u === v) continue;
      edges.push([u, v]);
      ends.push(u, v);
    }
    ends.push(v);
  }
  return edges;
}

/** Points in the unit square, joined where they are closer than a radius. */
function geometricEdges(random: SeededRandom, n: number, degree: number): Edges {
  const x = Float64Array.from({ length: n }, () => random.uniform());
  const y = Float64Array.from({ length: n }, () => random.uniform());
  const radius = Math.sqrt(degree / (3.14 * n));
  const cells = Math.max(1, Math.floor(1 / radius));
  const at = (v: number): [number, number] => [Math.floor(x[v]! * cells), Math.floor(y[v]! * cells)];
  const members = Array.from({ length: cells * cells }, (): number[] => []);
  const edges: [number, number][] = [];
  for (let v = 0; v < n; v++) {
    const [cx, cy] = at(v);
    for (let q = Math.max(0, cy - 1); q <= Math.min(cells - 1, cy + 1); q++) {
      for (let p = Math.max(0, cx - 1); p <= Math.min(cells - 1, cx + 1); p++) {
        for (const u of members[q * cells + p]!) {
          const [dx, dy] = [x[u]! - x[v]!, y[u]! - y[v]!];
          if (dx * dx + dy * dy < radius * radius) edges.push([u, v]);
        }
      }
    }
    members[cy * cells + cx]!.push(v);
  }
  return edges;
}

/** A ring of neighbours, some of whose edges lead anywhere (Watts and Strogatz, Nature 393, 1998). */
function smallWorldEdges(random: SeededRandom, n: number, each: number, rewired: number): Edges {
  const edges: [number, number][] = [];
  for (let v = 0; v < n; v++) {
    for (let k = 1; k <= each; k++) {
      const u = random.chance(rewired) ? random.integer(0, n - 1) : (v + k) % n;
      if (u !== v) edges.push([v, u]);
    }
  }
  return edges;
}

/** Laplacian of a graph, its edges of weight 1 or of random weights, plus a shift. */
function shiftedLaplacian(random: SeededRandom, n: number, edges: Edges): Entries {
  const entries = new Entries();
  const weighted = random.chance(0.5);
  for (const [u, v] of edges) entries.addEdge(u, v, weighted ? random.octaves(-3, 3) : 1);
  const shift = random.octaves(-12, 3);
  for (let v = 0; v < n; v++) entries.add(v, v, shift);
  return entries;
}

export const powerLawGraph = family('power-law-graph', (random, difficulty) => {
  const n = sizeBetween(100, 4000, difficulty);
  return shiftedLaplacian(random, n, powerLawEdges(random, n, random.integer(1, 3))).matrix(n);
});

export const geometricGraph = family('geometric-graph', (random, difficulty) => {
  const n = sizeBetween(100, 4000, difficulty);
  return shiftedLaplacian(random, n, geometricEdges(random, n, random.between(5, 14))).matrix(n);
});

export const smallWorld = family('small-world', (random, difficulty) => {
  const n = sizeBetween(100, 3000, difficulty);
  return shiftedLaplacian(random, n, smallWorldEdges(random, n, random.integer(2, 4), random.octaves(-8, 0))).matrix(n);
});

/** Every vertex has the same number of neighbours, which are anywhere: elimination fills everything. */
export const expander = family('expander', (random, difficulty) => {
  const n = sizeBetween(100, 2000, difficulty);
  const edges = Array.from({ length: random.integer(2, 4) }, () => random.permutation(n)).flatMap((order) =>
    Array.from(order, (u, k): [number, number] => [u, order[(k + 1) % n]!]),
  );
  return shiftedLaplacian(random, n, edges).matrix(n);
});

/** I − αP for a walk on a power-law graph with directed edges: column- or row-dominant, unsymmetric. */
export const markov = family('markov', (random, difficulty) => {
  const n = sizeBetween(100, 3000, difficulty);
  const edges = powerLawEdges(random, n, random.integer(2, 4)).map(([u, v]): [number, number] => (random.chance(0.7) ? [v, u] : [u, v]));
  const degrees = new Int32Array(n);
  for (const [u] of edges) degrees[u]!++;
  const alpha = 1 - random.octaves(-8, -1);
  const byRows = random.chance(0.5);
  const entries = new Entries();
  for (const [u, v] of edges) entries.add(byRows ? u : v, byRows ? v : u, -alpha / degrees[u]!);
  for (let v = 0; v < n; v++) entries.add(v, v, 1);
  return entries.matrix(n);
});

/** Unsymmetric, strictly dominant by rows by a factor of 1.01 to 4, its entries anywhere or near the diagonal. */
export const dominant = family('dominant', (random, difficulty) => {
  const n = sizeBetween(100, 2200, difficulty);
  const each = random.integer(2, 9);
  const width = random.chance(0.5) ? n : random.integer(5, 60);
  const factor = 1 + random.octaves(-7, 1);
  const entries = new Entries();
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let k = 0; k < each; k++) {
      const j = (i + random.integer(1, width - 1) + n - (width >> 1)) % n;
      if (j === i) continue;
      const value = random.between(-1, 1);
      entries.add(i, j, value);
      sum += Math.abs(value);
    }
    entries.add(i, i, factor * Math.max(sum, 0.1));
  }
  return entries.matrix(n);
});
