import { Entries } from './entries.js';
import { family, sizeBetween } from './family.js';
import type { SeededRandom } from '../random.js';

/** Lattice points in boxes of one to three dimensions. */
export interface Box {
  readonly nx: number;
  readonly ny: number;
  readonly nz: number;
}

/** Calls `visit` for each pair of neighbours, once, with the axis between them. */
export function forEachLink({ nx, ny, nz }: Box, visit: (i: number, j: number, axis: 0 | 1 | 2) => void): void {
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) {
        const i = (z * ny + y) * nx + x;
        if (x + 1 < nx) visit(i, i + 1, 0);
        if (y + 1 < ny) visit(i, i + nx, 1);
        if (z + 1 < nz) visit(i, i + nx * ny, 2);
      }
    }
  }
}

/**
 * −∇·(c∇u) + shift·u with zero boundary: `weight` gives c between two points, and 1 stands for what a
 * point has beyond the boundary.
 */
export function diffusion(box: Box, shift: number, weight: (i: number, j: number, axis: 0 | 1 | 2) => number): Entries {
  const entries = new Entries();
  const n = box.nx * box.ny * box.nz;
  const open = new Float64Array(n).fill(box.nz > 1 ? 6 : 4);
  forEachLink(box, (i, j, axis) => {
    entries.addEdge(i, j, weight(i, j, axis));
    open[i]!--;
    open[j]!--;
  });
  for (let i = 0; i < n; i++) entries.add(i, i, open[i]! + shift);
  return entries;
}

/** None, or what a step in time of any length adds. */
const timeStep = (random: SeededRandom): number => (random.chance(0.4) ? 0 : random.octaves(-8, 3));

const size = ({ nx, ny, nz }: Box): number => nx * ny * nz;

function square(random: SeededRandom, low: number, high: number, difficulty: number): Box {
  const side = sizeBetween(low, high, difficulty);
  return { nx: side, ny: Math.max(4, Math.round(side * random.between(0.5, 1.5))), nz: 1 };
}

function cube(random: SeededRandom, low: number, high: number, difficulty: number): Box {
  const side = sizeBetween(low, high, difficulty);
  const other = () => Math.max(3, Math.round(side * random.between(0.7, 1.3)));
  return { nx: side, ny: other(), nz: other() };
}

/** Five-point Laplacians, with and without a step in time. */
export const grid2d = family('grid-2d', (random, difficulty) => {
  const box = square(random, 10, 70, difficulty);
  return diffusion(box, timeStep(random), () => 1).matrix(size(box));
});

/** Seven-point Laplacians: far more fill for their size than flat ones. */
export const grid3d = family('grid-3d', (random, difficulty) => {
  const box = cube(random, 5, 16, difficulty);
  return diffusion(box, timeStep(random), () => 1).matrix(size(box));
});

/** Ill-conditioned: coefficients that differ by direction or jump from block to block. */
export const jumps = family('ill-conditioned', (random, difficulty) => {
  const box = random.chance(0.5) ? square(random, 10, 60, difficulty) : cube(random, 5, 13, difficulty);
  const n = size(box);
  if (random.chance(0.5)) {
    const along = [1, random.octaves(-10, 0), random.octaves(-10, 10)];
    return diffusion(box, 0, (_, __, axis) => along[axis]!).matrix(n);
  }
  const block = random.integer(2, 5);
  const of = Float64Array.from({ length: 64 }, () => random.octaves(-10, 10));
  const coefficient = (i: number): number => {
    const x = Math.floor((i % box.nx) / block);
    const y = Math.floor((Math.floor(i / box.nx) % box.ny) / block);
    return of[(5 * x + 3 * y) % 64]!;
  };
  return diffusion(box, 0, (i, j) => Math.min(coefficient(i), coefficient(j))).matrix(n);
});

/** Laplacians of closed boxes with next to nothing on the diagonal: one eigenvalue is almost 0. */
export const nearSingular = family('near-singular', (random, difficulty) => {
  const box = random.chance(0.6) ? square(random, 10, 60, difficulty) : cube(random, 5, 13, difficulty);
  const n = size(box);
  const entries = new Entries();
  forEachLink(box, (i, j) => entries.addEdge(i, j, 1));
  const shift = random.octaves(-18, -9);
  for (let i = 0; i < n; i++) entries.add(i, i, shift);
  return entries.matrix(n);
});

/**
 * Bending: the square of a Laplacian, whose condition number is the square of that of the Laplacian, half
 * of them in unknowns of very different units.
 */
export const plate = family('plate', (random, difficulty) => {
  const box = square(random, 10, 45, difficulty);
  const n = size(box);
  const { indptr, indices, data } = diffusion(box, timeStep(random), () => 1).matrix(n).toCsr();
  const spread = random.chance(0.5) ? 0 : random.integer(1, 8);
  const unit = Float64Array.from({ length: n }, () => (spread === 0 ? 1 : random.octaves(-spread, spread)));
  const entries = new Entries();
  for (let k = 0; k < n; k++) {
    for (let p = indptr[k]!; p < indptr[k + 1]!; p++) {
      for (let q = indptr[k]!; q < indptr[k + 1]!; q++) {
        const [i, j] = [indices[p]!, indices[q]!];
        entries.add(i, j, data[p]! * data[q]! * (unit[i]! * unit[j]!));
      }
    }
  }
  return entries.matrix(n);
});

/** Waves: a Laplacian less a multiple of the identity, indefinite with a positive diagonal. */
export const helmholtz = family('helmholtz', (random, difficulty) => {
  const box = random.chance(0.6) ? square(random, 10, 60, difficulty) : cube(random, 5, 12, difficulty);
  return diffusion(box, -random.octaves(-4, 1), () => 1).matrix(size(box));
});

/**
 * Convection and diffusion, upwind or by central differences, the cell Péclet number from 1/16 to 16 and
 * the wind turning with the place or not.
 */
function convection(box: Box, random: SeededRandom): Entries {
  const n = size(box);
  const peclet = random.octaves(-4, 4);
  const upwind = random.chance(0.5);
  const turning = random.chance(0.5);
  const wind = [random.between(-1, 1), random.between(-1, 1), random.between(-1, 1)];
  const entries = diffusion(box, random.chance(0.5) ? 0 : random.octaves(-6, 1), () => 1);
  forEachLink(box, (i, j, axis) => {
    const across = axis === 0 ? Math.floor(i / box.nx) % box.ny : i % box.nx;
    const sign = turning && 2 * across > (axis === 0 ? box.ny : box.nx) ? -1 : 1;
    const w = 2 * peclet * wind[axis]! * sign;
    // What flows from i to j: by the value of the side that it comes from, or by the mean.
    const [fromI, fromJ] = upwind ? [Math.max(w, 0), Math.min(w, 0)] : [w / 2, w / 2];
    entries.add(i, i, fromI);
    entries.add(i, j, fromJ);
    entries.add(j, i, -fromI);
    entries.add(j, j, -fromJ);
  });
  if (upwind) {
    // What leaves through the boundary, so that no row sums to less than nothing.
    for (let i = 0; i < n; i++) entries.add(i, i, 2 * peclet * 0.25);
  }
  return entries;
}

export const convection2d = family('convection-2d', (random, difficulty) => {
  const box = square(random, 10, 60, difficulty);
  return convection(box, random).matrix(size(box));
});

export const convection3d = family('convection-3d', (random, difficulty) => {
  const box = cube(random, 5, 13, difficulty);
  return convection(box, random).matrix(size(box));
});
