// Discrete differential geometry of a triangle mesh, as much as the heat equation needs.

const sub = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const length = (a) => Math.sqrt(dot(a, a));

/**
 * Triplets of M + t·L: the lumped mass matrix (a third of the area of the triangles around a vertex)
 * and the cotangent Laplacian (positive semidefinite). Duplicates are left for the solver to sum.
 */
export function heatOperator({ positions, cells }, t) {
  const rows = [];
  const cols = [];
  const values = [];
  const add = (i, j, value) => {
    rows.push(i);
    cols.push(j);
    values.push(value);
  };
  for (const cell of cells) {
    for (let k = 0; k < 3; k++) {
      const [i, j, opposite] = [cell[k], cell[(k + 1) % 3], cell[(k + 2) % 3]];
      const u = sub(positions[i], positions[opposite]);
      const v = sub(positions[j], positions[opposite]);
      const twiceArea = length(cross(u, v));
      const weight = (t * dot(u, v)) / twiceArea / 2;
      add(i, i, weight + twiceArea / 6);
      add(j, j, weight);
      add(i, j, -weight);
      add(j, i, -weight);
    }
  }
  return { n: positions.length, rows, cols, values };
}

/** Unit normals at the vertices, weighted by area. */
export function vertexNormals({ positions, cells }) {
  const normals = positions.map(() => [0, 0, 0]);
  for (const [a, b, c] of cells) {
    const normal = cross(sub(positions[b], positions[a]), sub(positions[c], positions[a]));
    for (const v of [a, b, c]) for (let k = 0; k < 3; k++) normals[v][k] += normal[k];
  }
  return normals.map((normal) => normal.map((component) => component / length(normal)));
}

/**
 * Curved patch over a triangle (PN triangle: cubic in position, tangent to the vertex normals), so
 * that a coarse mesh is drawn with a round outline. Returns a function of barycentric coordinates.
 */
export function curvedPatch(points, normals) {
  // Control point next to corner i on the edge to corner j.
  const edge = (i, j) => {
    const w = dot(sub(points[j], points[i]), normals[i]);
    return points[i].map((p, k) => (2 * p + points[j][k] - w * normals[i][k]) / 3);
  };
  const [b01, b10, b12, b21, b20, b02] = [edge(0, 1), edge(1, 0), edge(1, 2), edge(2, 1), edge(2, 0), edge(0, 2)];
  const center = [0, 1, 2].map((k) => {
    const ring = (b01[k] + b10[k] + b12[k] + b21[k] + b20[k] + b02[k]) / 6;
    return ring + (ring - (points[0][k] + points[1][k] + points[2][k]) / 3) / 2;
  });
  return ([u, v, w]) =>
    [0, 1, 2].map(
      (k) =>
        points[0][k] * u ** 3 + points[1][k] * v ** 3 + points[2][k] * w ** 3 +
        3 * (b01[k] * u * u * v + b10[k] * u * v * v + b12[k] * v * v * w) +
        3 * (b21[k] * v * w * w + b20[k] * w * w * u + b02[k] * w * u * u) +
        6 * center[k] * u * v * w,
    );
}
