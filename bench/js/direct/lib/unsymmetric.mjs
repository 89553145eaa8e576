// Unsymmetric systems: convection and diffusion in a square, and a circuit.

import { fromTriplets } from '../../lib/csr.mjs';
import { uniform } from '../../lib/random.mjs';

/** A vortex over five-point diffusion, central differences: n = side². */
export function convection(side) {
  const triplets = [];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const k = y * side + x;
      const cx = (0.4 * (y - Math.floor(side / 2))) / side;
      const cy = (-0.4 * (x - Math.floor(side / 2))) / side;
      triplets.push([k, k, 4]);
      if (x > 0) triplets.push([k, k - 1, -1 - cx]);
      if (x + 1 < side) triplets.push([k, k + 1, -1 + cx]);
      if (y > 0) triplets.push([k, k - side, -1 - cy]);
      if (y + 1 < side) triplets.push([k, k + side, -1 + cy]);
    }
  }
  return fromTriplets(side * side, side * side, triplets);
}

/** Upwind convection, of winds that differ from place to place, over seven-point diffusion: n = side³. */
export function convectionCube(side) {
  const random = uniform(1);
  const triplets = [];
  for (let k = 0; k < side ** 3; k++) {
    let diagonal = 6;
    for (const step of [1, side, side * side]) {
      const wind = 2 * random();
      const at = Math.floor(k / step) % side;
      diagonal += wind;
      if (at > 0) triplets.push([k, k - step, -1 - wind]);
      if (at + 1 < side) triplets.push([k, k + step, -1]);
    }
    triplets.push([k, k, diagonal]);
  }
  return fromTriplets(side ** 3, side ** 3, triplets);
}

/**
 * Modified nodal analysis of a random network: resistors between near nodes, a few supply nodes with
 * very many neighbors, transistors (unsymmetric), voltage sources (zero diagonals).
 */
export function circuit(n) {
  const random = uniform(1);
  const below = (limit) => Math.floor(random() * limit);
  const triplets = [];
  const nodes = n - Math.floor(n / 50);
  const resistor = (a, b) => {
    const g = 1e-3 + random();
    triplets.push([a, a, g], [b, b, g], [a, b, -g], [b, a, -g]);
  };
  for (let k = 0; k < nodes; k++) {
    triplets.push([k, k, 1e-6]);
    if (k > 0) resistor(k, Math.max(0, k - 1 - below(20)));
    if (random() < 0.3) resistor(k, (k + 1 + below(200)) % nodes);
    if (random() < 0.05) resistor(k, below(5));
    if (random() < 0.3) {
      const gate = (k + below(100)) % nodes;
      const source = (k + below(10)) % nodes;
      const g = 10 * random();
      triplets.push([k, gate, g], [source, gate, -g], [k, source, -g], [source, source, g]);
    }
  }
  for (let k = nodes; k < n; k++) {
    const a = (k - nodes) * Math.floor(nodes / (n - nodes));
    triplets.push([k, a, 1], [a, k, 1]);
  }
  return fromTriplets(n, n, triplets);
}
