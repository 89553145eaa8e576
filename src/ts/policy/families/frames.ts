import { Entries } from './entries.js';
import { family, sizeBetween } from './family.js';

type Vector = readonly [number, number, number];

/** Unknowns of a node: three displacements, three rotations. */
const FREEDOMS = 6;

/**
 * Statics of a space frame: slender Euler–Bernoulli beams between the nodes of a perturbed grid that stands
 * on clamped feet. Six unknowns a node, in blocks; bending is softer than stretching by the square of the
 * slenderness, and rotations have another unit than displacements.
 */
export const frame = family('frame', (random, difficulty) => {
  const nodes = sizeBetween(16, 260, difficulty);
  const nx = random.integer(2, Math.max(2, Math.floor(Math.sqrt(nodes / 2))));
  const ny = random.integer(1, Math.max(1, Math.floor(Math.sqrt(nodes / nx))));
  const nz = Math.max(1, Math.round(nodes / (nx * ny)));
  const count = nx * ny * nz;
  const name = random.chance(0.5) ? random.permutation(count) : Float64Array.from({ length: count }, (_, k) => k);
  const jitter = random.between(0, 0.2);
  // Those at height 0 are the feet.
  const places = Array.from({ length: count + nx * ny }, (_, k): Vector => {
    const at = [k % nx, Math.floor(k / nx) % ny, Math.floor(k / (nx * ny))] as const;
    return [at[0] + random.between(-jitter, jitter), at[1] + random.between(-jitter, jitter), at[2] + random.between(-jitter, jitter)];
  });
  const slender = random.octaves(-8, -2);
  const unit = random.octaves(-8, 2);
  const braces = random.chance(0.5) ? random.between(0, 0.5) : 0;
  const entries = new Entries();
  const join = (i: number, j: number) => {
    const beam = beamModes(places[i]!, places[j]!, slender * random.between(0.5, 1.5), unit);
    const freedoms = [i, j].map((node) => (node < nx * ny ? -1 : FREEDOMS * name[node - nx * ny]!));
    for (const mode of beam) addSquare(entries, freedoms, mode);
  };
  for (let k = 0; k < places.length; k++) {
    const [x, y] = [k % nx, Math.floor(k / nx) % ny];
    const standing = k >= nx * ny;
    if (standing) join(k - nx * ny, k);
    if (standing && x > 0) join(k - 1, k);
    if (standing && y > 0) join(k - nx, k);
    if (standing && x > 0 && random.chance(braces)) join(k - 1 - nx * ny, k);
  }
  return entries.matrix(FREEDOMS * count);
});

/**
 * The ways in which a beam is strained, each as twelve weights of the unknowns at its ends: its energy is
 * half the sum of their squares. Of each plane of bending, one where the ends turn against each other and
 * one where they turn alike.
 */
function beamModes(from: Vector, to: Vector, slender: number, unit: number): Float64Array[] {
  const along: Vector = [to[0] - from[0], to[1] - from[1], to[2] - from[2]];
  const length = Math.sqrt(dot(along, along));
  const t = scaled(along, 1 / length);
  const least = t.map(Math.abs).indexOf(Math.min(...t.map(Math.abs)));
  const aside = cross(t, [Number(least === 0), Number(least === 1), Number(least === 2)]);
  const u = scaled(aside, 1 / Math.sqrt(dot(aside, aside)));
  const v = cross(t, u);
  const stretch = 1 / Math.sqrt(length);
  const bend = stretch * slender;
  const modes = [mode(scaled(t, -stretch), [0, 0, 0], scaled(t, stretch), [0, 0, 0])];
  modes.push(mode([0, 0, 0], scaled(t, -bend), [0, 0, 0], scaled(t, bend)));
  // Turning about v moves what lies along t towards u, turning about −u towards v.
  for (const [side, axis] of [[u, v], [v, scaled(u, -1)]] as const) {
    const chord = scaled(side, (2 * Math.sqrt(3) * bend) / length);
    const turn = scaled(axis, Math.sqrt(3) * bend);
    modes.push(mode([0, 0, 0], scaled(axis, -bend), [0, 0, 0], scaled(axis, bend)));
    modes.push(mode(chord, turn, scaled(chord, -1), turn));
  }
  return modes;

  function mode(shiftFrom: Vector, turnFrom: Vector, shiftTo: Vector, turnTo: Vector): Float64Array {
    return Float64Array.of(...shiftFrom, ...scaled(turnFrom, 1 / unit), ...shiftTo, ...scaled(turnTo, 1 / unit));
  }
}

/** The square of a weighted sum of the unknowns of two nodes; those of a foot, −1, are 0. */
function addSquare(entries: Entries, freedoms: readonly number[], weights: Float64Array): void {
  weights.forEach((p, i) => {
    weights.forEach((q, j) => {
      const [row, col] = [freedoms[i < FREEDOMS ? 0 : 1]!, freedoms[j < FREEDOMS ? 0 : 1]!];
      if (row >= 0 && col >= 0 && p !== 0 && q !== 0) entries.add(row + (i % FREEDOMS), col + (j % FREEDOMS), p * q);
    });
  });
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function scaled(a: Vector, s: number): Vector {
  return [s * a[0], s * a[1], s * a[2]];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
