import { Entries } from './entries.js';
import { family, sizeBetween } from './family.js';
import type { SeededRandom } from '../random.js';

/** A triangulated patch: a perturbed grid, its cells cut along either diagonal, its points in random order. */
interface Patch {
  readonly n: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly triangles: readonly (readonly [number, number, number])[];
}

function patch(random: SeededRandom, side: number): Patch {
  const other = Math.max(4, Math.round(side * random.between(0.5, 1.5)));
  const n = side * other;
  const name = random.permutation(n);
  const x = new Float64Array(n);
  const y = new Float64Array(n);
  const jitter = random.between(0, 0.35);
  const triangles: [number, number, number][] = [];
  // Some cells are missing: holes, around which the graph is not that of a grid.
  const holes = random.chance(0.5) ? 0.15 : 0;
  for (let v = 0; v < other; v++) {
    for (let u = 0; u < side; u++) {
      const i = name[v * side + u]!;
      x[i] = u + random.between(-jitter, jitter);
      y[i] = v + random.between(-jitter, jitter);
      if (u + 1 === side || v + 1 === other || random.chance(holes)) continue;
      const [a, b, c, d] = [i, name[v * side + u + 1]!, name[(v + 1) * side + u]!, name[(v + 1) * side + u + 1]!];
      if (random.chance(0.5)) triangles.push([a, b, c], [b, d, c]);
      else triangles.push([a, b, d], [a, d, c]);
    }
  }
  return { n, x, y, triangles };
}

/** Twice the area of a triangle, and at each corner the cotangent of its angle. */
function measure({ x, y }: Patch, triangle: readonly [number, number, number]): { area: number; cotangents: number[] } {
  const [a, b, c] = triangle;
  const area = Math.abs((x[b]! - x[a]!) * (y[c]! - y[a]!) - (x[c]! - x[a]!) * (y[b]! - y[a]!));
  const cotangents = triangle.map((apex, k) => {
    const [u, v] = [triangle[(k + 1) % 3]!, triangle[(k + 2) % 3]!];
    return ((x[u]! - x[apex]!) * (x[v]! - x[apex]!) + (y[u]! - y[apex]!) * (y[v]! - y[apex]!)) / Math.max(area, 0.05);
  });
  return { area, cotangents };
}

/** Linear finite elements on a patch: stiffness plus a share of the lumped masses. */
export const mesh = family('mesh', (random, difficulty) => {
  const surface = patch(random, sizeBetween(10, 65, difficulty));
  const mass = random.chance(0.3) ? random.octaves(-20, -10) : random.octaves(-10, 4);
  const entries = new Entries();
  for (const triangle of surface.triangles) {
    const { area, cotangents } = measure(surface, triangle);
    triangle.forEach((apex, k) => {
      entries.addEdge(triangle[(k + 1) % 3]!, triangle[(k + 2) % 3]!, cotangents[k]! / 2);
      entries.add(apex, apex, (mass * area) / 6);
    });
  }
  // Points that no triangle has.
  for (let i = 0; i < surface.n; i++) entries.add(i, i, mass / 6);
  return entries.matrix(surface.n);
});

/** Plane elasticity on the springs of a patch: two unknowns a point, coupled in blocks of two by two. */
export const springs = family('springs', (random, difficulty) => {
  const surface = patch(random, sizeBetween(8, 42, difficulty));
  const { n, x, y } = surface;
  const entries = new Entries();
  const hold = random.octaves(-12, 2);
  for (const triangle of surface.triangles) {
    for (let k = 0; k < 3; k++) {
      const [i, j] = [triangle[k]!, triangle[(k + 1) % 3]!];
      const d = [x[j]! - x[i]!, y[j]! - y[i]!] as const;
      const square = Math.max(d[0] * d[0] + d[1] * d[1], 0.01);
      for (const p of [0, 1] as const) {
        for (const q of [0, 1] as const) {
          const w = (d[p] * d[q]) / square;
          entries.addPair(2 * i + p, 2 * j + q, -w);
          entries.add(2 * i + p, 2 * i + q, w);
          entries.add(2 * j + p, 2 * j + q, w);
        }
      }
    }
  }
  for (let i = 0; i < 2 * n; i++) entries.add(i, i, hold);
  return entries.matrix(2 * n);
});
