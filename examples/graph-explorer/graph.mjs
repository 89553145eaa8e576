// A graph that could be a map: points scattered over an island with lakes, each tied to its Gabriel
// neighbors. Two points are Gabriel neighbors if no third one lies in the circle that has them as
// its ends (Gabriel and Sokal 1969); the graph is planar, with about four neighbors a vertex.

export const WIDTH = 1.2;
export const HEIGHT = 1;

/** Places that are warm: [x, y, radius, warmth]. */
const WARM = [
  [0.3, 0.28, 0.055, 1],
  [0.87, 0.36, 0.07, 0.8],
  [0.48, 0.74, 0.05, 0.9],
  [0.95, 0.72, 0.04, 1],
  [0.15, 0.6, 0.03, 0.7],
];

/** [x, y, half width, half height, turn, phase of the shore]. */
const LAKES = [
  [0.55, 0.4, 0.12, 0.05, 0.5, 0],
  [0.25, 0.45, 0.035, 0.09, 0.3, 1],
  [0.8, 0.58, 0.1, 0.035, -0.4, 2],
  [0.7, 0.2, 0.06, 0.035, 0.2, 3],
  [0.36, 0.62, 0.045, 0.03, -0.6, 4],
  [0.66, 0.83, 0.06, 0.03, 0.15, 5],
  [1.02, 0.46, 0.025, 0.05, 0.2, 6],
];

/** Uniform numbers in [0, 1) from a seed: a counter whose bits are mixed. */
function uniform(seed) {
  let counter = seed;
  return () => {
    counter = (counter + 0x9e3779b9) | 0;
    let bits = Math.imul(counter ^ (counter >>> 16), 0x7feb352d);
    bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
    return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
  };
}

function onLand(x, y) {
  const dx = (x - WIDTH / 2) / (WIDTH / 2);
  const dy = (y - HEIGHT / 2) / (HEIGHT / 2);
  const turn = Math.atan2(dy, dx);
  const coast = 0.88 + 0.06 * Math.sin(3 * turn + 0.6) + 0.03 * Math.sin(7 * turn + 2) + 0.02 * Math.sin(13 * turn);
  if ((dx ** 4 + dy ** 4) ** 0.25 > coast) return false;
  return LAKES.every(([cx, cy, a, b, tilt, phase]) => {
    if (Math.abs(x - cx) > 1.3 * Math.max(a, b) || Math.abs(y - cy) > 1.3 * Math.max(a, b)) return true;
    const [c, s] = [Math.cos(tilt), Math.sin(tilt)];
    const u = ((x - cx) * c + (y - cy) * s) / a;
    const v = ((y - cy) * c - (x - cx) * s) / b;
    const around = Math.atan2(v, u);
    return Math.hypot(u, v) > 1 + 0.15 * Math.sin(3 * around + phase) + 0.08 * Math.sin(5 * around + 2 * phase);
  });
}

/** Darts thrown at the land until n of them keep their distance, in the order in which they fell. */
function scatter(n, next) {
  let land = 0;
  const probes = 20_000;
  for (let k = 0; k < probes; k++) land += onLand(next() * WIDTH, next() * HEIGHT) ? 1 : 0;
  // At 0.7 no dart would find a place any more.
  const distance = Math.sqrt((0.5 * WIDTH * HEIGHT * land) / probes / n);
  const cell = distance / Math.SQRT2;
  const columns = Math.ceil(WIDTH / cell) + 4;
  const taken = new Int32Array(columns * (Math.ceil(HEIGHT / cell) + 4)).fill(-1);
  const x = new Float64Array(n);
  const y = new Float64Array(n);
  for (let k = 0; k < n; ) {
    const px = next() * WIDTH;
    const py = next() * HEIGHT;
    const at = (Math.floor(py / cell) + 2) * columns + Math.floor(px / cell) + 2;
    if (taken[at] >= 0 || !onLand(px, py)) continue;
    let free = true;
    for (let row = -2; free && row <= 2; row++) {
      for (let column = -2; free && column <= 2; column++) {
        const other = taken[at + row * columns + column];
        free = other < 0 || (x[other] - px) ** 2 + (y[other] - py) ** 2 >= distance * distance;
      }
    }
    if (!free) continue;
    x[k] = px;
    y[k] = py;
    taken[at] = k++;
  }
  return { x, y, spacing: Math.sqrt(2) * distance };
}

/** Points numbered square by square of a uniform grid, so that neighbors are near in memory too. */
function sorted({ x, y, spacing }) {
  const n = x.length;
  const cell = 2 * spacing;
  const columns = Math.ceil(WIDTH / cell);
  const cells = columns * Math.ceil(HEIGHT / cell);
  const cellOf = (px, py) => Math.floor(py / cell) * columns + Math.floor(px / cell);
  const first = new Int32Array(cells + 1);
  for (let v = 0; v < n; v++) first[cellOf(x[v], y[v]) + 1]++;
  for (let k = 0; k < cells; k++) first[k + 1] += first[k];
  const fill = first.slice();
  const places = { x: new Float64Array(n), y: new Float64Array(n) };
  for (let v = 0; v < n; v++) {
    const to = fill[cellOf(x[v], y[v])]++;
    places.x[to] = x[v];
    places.y[to] = y[v];
  }
  return { ...places, cell, columns, first };
}

/** Calls visit(v) for the vertices in the nine squares around a place. */
function around({ cell, columns, first }, px, py, visit) {
  const rows = (first.length - 1) / columns;
  const row = Math.floor(py / cell);
  const column = Math.floor(px / cell);
  const left = Math.max(column - 1, 0);
  const right = Math.min(column + 1, columns - 1);
  if (left > right) return;
  for (let r = Math.max(row - 1, 0); r <= Math.min(row + 1, rows - 1); r++) {
    for (let v = first[r * columns + left]; v < first[r * columns + right + 1]; v++) visit(v);
  }
}

/**
 * n vertices at `x`, `y` and their edges `source`, `target`; `warmth` is 0…1 for each vertex;
 * `nearest(x, y)` gives the vertex at a place, −1 where there is none near.
 */
export function makeGraph(n, seed) {
  const grid = sorted(scatter(n, uniform(seed)));
  const { x, y, cell } = grid;
  const near = new Int32Array(4096);
  const source = [];
  const target = [];
  for (let u = 0; u < n; u++) {
    let count = 0;
    around(grid, x[u], y[u], (v) => {
      if (v !== u && (x[v] - x[u]) ** 2 + (y[v] - y[u]) ** 2 < cell * cell) near[count++] = v;
    });
    for (let k = 0; k < count; k++) {
      const v = near[k];
      if (v < u) continue;
      let empty = true;
      for (let q = 0; empty && q < count; q++) {
        const w = near[q];
        empty = w === v || (x[w] - x[u]) * (x[w] - x[v]) + (y[w] - y[u]) * (y[w] - y[v]) >= 0;
      }
      if (!empty) continue;
      source.push(u);
      target.push(v);
    }
  }
  const warmth = Float64Array.from({ length: n }, (_, v) =>
    WARM.reduce((most, [cx, cy, radius, peak]) => Math.max(most, Math.hypot(x[v] - cx, y[v] - cy) < radius ? peak : 0), 0),
  );
  const nearest = (px, py) => {
    let best = -1;
    let least = cell * cell;
    around(grid, px, py, (v) => {
      const distance = (x[v] - px) ** 2 + (y[v] - py) ** 2;
      if (distance < least) [best, least] = [v, distance];
    });
    return best;
  };
  return { n, x, y, source: Int32Array.from(source), target: Int32Array.from(target), warmth, spacing: cell / 2, nearest };
}
