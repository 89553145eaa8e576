import { Entries } from './entries.js';
import { family, sizeBetween } from './family.js';
import { diffusion } from './grids.js';
import type { SparseMatrix } from '../../shared.js';

/**
 * Optimality conditions [H Bᵀ; B −δI] of a quadratic program with equality constraints: symmetric and
 * indefinite, with zeros on the diagonal where δ = 0.
 */
export const saddle = family('saddle-point', (random, difficulty) => {
  const n = sizeBetween(80, 1800, difficulty);
  const m = Math.round(n * random.between(0.1, 0.5));
  const entries = new Entries();
  const spread = random.integer(0, 8);
  for (let i = 0; i < n; i++) {
    entries.add(i, i, random.octaves(-spread, spread + 1));
    if (i > 0 && random.chance(0.6)) entries.addEdge(i, random.chance(0.9) ? Math.max(0, i - random.integer(1, 10)) : random.integer(0, i - 1), random.uniform());
  }
  const delta = random.chance(0.5) ? 0 : random.octaves(-20, 0);
  for (let k = 0; k < m; k++) {
    const first = Math.floor((k * n) / m);
    // One variable of its own, so that no constraint follows from the others.
    entries.addPair(n + k, first, 1);
    for (let t = random.integer(1, 4); t > 0; t--) {
      const j = random.chance(0.8) ? Math.min(n - 1, first + random.integer(1, 20)) : random.integer(0, n - 1);
      if (j !== first) entries.addPair(n + k, j, random.between(-0.5, 0.5));
    }
    if (delta > 0) entries.add(n + k, n + k, -delta);
  }
  return entries.matrix(n + m);
});

/**
 * Flow of a viscous fluid: velocities on the links of a grid with a Laplacian each, and the divergence as
 * constraint. Held to a little compressibility, so that the pressure is unique.
 */
export const stokes = family('stokes', (random, difficulty) => {
  const side = sizeBetween(6, 32, difficulty);
  const n = side * side;
  const box = { nx: side, ny: side, nz: 1 };
  const block = diffusion(box, 0, () => 1).matrix(n).toCsr();
  const entries = new Entries();
  for (const offset of [0, n]) {
    for (let i = 0; i < n; i++) {
      for (let k = block.indptr[i]!; k < block.indptr[i + 1]!; k++) entries.add(offset + i, offset + block.indices[k]!, block.data[k]!);
    }
  }
  const compressibility = random.octaves(-16, -2);
  for (let i = 0; i < n; i++) {
    entries.addPair(2 * n + i, i, 1);
    if (i % side > 0) entries.addPair(2 * n + i, i - 1, -1);
    entries.addPair(2 * n + i, n + i, 1);
    if (i >= side) entries.addPair(2 * n + i, n + i - side, -1);
    entries.add(2 * n + i, 2 * n + i, -compressibility);
  }
  return entries.matrix(3 * n);
});

/**
 * Flow through a porous medium: fluxes on the links of a grid, each with the resistance of its link, and as
 * constraint the balance of every cell, which a well holds to its pressure.
 */
export const darcy = family('darcy', (random, difficulty) => {
  const nx = sizeBetween(6, 34, difficulty);
  const ny = Math.max(4, Math.round(nx * random.between(0.5, 1.5)));
  const cells = nx * ny;
  const spread = random.integer(0, 6);
  const links: (readonly [number, number])[] = [];
  // Of a cell the links that lead to cells before it.
  const before: number[] = [];
  for (let k = 0; k < cells; k++) {
    before.push(links.length);
    if (k % nx > 0) links.push([k - 1, k]);
    if (k >= nx) links.push([k - nx, k]);
  }
  // Fluxes first, or every one after the cell that it leads to.
  const apart = random.chance(0.5);
  const places = before.map((count, k) => (apart ? links.length : count) + k);
  const entries = new Entries();
  links.forEach(([from, to], k) => {
    const flux = apart ? k : k + to + 1;
    entries.add(flux, flux, random.octaves(-spread, spread + 1));
    entries.addPair(flux, places[from]!, 1);
    entries.addPair(flux, places[to]!, -1);
  });
  const hold = random.chance(0.5) ? 0 : random.octaves(-12, 0);
  for (const [k, place] of places.entries()) {
    const held = hold + (k % 17 === 0 ? 1 : 0);
    if (held > 0) entries.add(place, place, -held);
  }
  return entries.matrix(links.length + cells);
});

/** Least squares: a model of few places each row, tall, or its transpose. */
export const leastSquares = family('least-squares', (random, difficulty): SparseMatrix => {
  const cols = sizeBetween(40, 900, difficulty);
  const rows = Math.round(cols * random.between(1.2, 4));
  const each = random.integer(1, 5);
  const width = random.chance(0.7) ? random.integer(3, 30) : cols;
  const entries = new Entries();
  for (let i = 0; i < rows; i++) {
    const at = Math.floor((i * cols) / rows);
    entries.add(i, i < cols ? i : at, random.between(0.5, 2));
    for (let k = 0; k < each; k++) entries.add(i, (at + random.integer(0, width - 1)) % cols, random.between(-1, 1));
  }
  const tall = entries.matrix(rows, cols);
  return random.chance(0.85) ? tall : tall.transpose();
});
