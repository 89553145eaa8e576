import { SparseMatrix } from 'lacuna';

/** A triangle mesh: three coordinates a vertex, three zero-based vertices a triangle. */
export interface Mesh {
  readonly vertices: Float64Array;
  readonly triangles: Int32Array;
}

/** Reads vertices and faces of a Wavefront OBJ text; polygons become fans, negative indices count from the end. */
export function readObj(text: string): Mesh {
  const vertices: number[] = [];
  const triangles: number[] = [];
  for (const line of text.split('\n')) {
    const [kind, ...words] = line.trim().split(/\s+/);
    if (kind === 'v') vertices.push(...words.slice(0, 3).map(Number));
    if (kind !== 'f') continue;
    const corners = words.map((word) => {
      const index = Number.parseInt(word, 10);
      return index < 0 ? vertices.length / 3 + index : index - 1;
    });
    for (let k = 2; k < corners.length; k++) triangles.push(corners[0]!, corners[k - 1]!, corners[k]!);
  }
  return { vertices: Float64Array.from(vertices), triangles: Int32Array.from(triangles) };
}

/** Each edge of the mesh once, smaller vertex first. */
export function meshEdges(mesh: Mesh): { source: Int32Array; target: Int32Array } {
  const n = mesh.vertices.length / 3;
  const seen = new Set<number>();
  forEachCorner(mesh, (_, u, v) => seen.add(Math.min(u, v) * n + Math.max(u, v)));
  const keys = [...seen];
  return {
    source: Int32Array.from(keys, (key) => Math.floor(key / n)),
    target: Int32Array.from(keys, (key) => key % n),
  };
}

/** Graph Laplacian of the mesh plus shift·I. */
export function meshLaplacian(mesh: Mesh, shift = 0): SparseMatrix {
  return SparseMatrix.laplacian(mesh.vertices.length / 3, meshEdges(mesh), { shift });
}

/**
 * Cotangent Laplacian plus shift·I, scaled by ½(cot α + cot β) an edge. Degenerate triangles are left out.
 * Symmetric and positive semidefinite, though entries off the diagonal may be positive.
 */
export function cotangentLaplacian(mesh: Mesh, shift = 0): SparseMatrix {
  const n = mesh.vertices.length / 3;
  const rows: number[] = [];
  const cols: number[] = [];
  const values: number[] = [];
  const add = (i: number, j: number, value: number): void => {
    rows.push(i);
    cols.push(j);
    values.push(value);
  };
  forEachCorner(mesh, (apex, u, v) => {
    const weight = cotangent(mesh.vertices, apex, u, v) / 2;
    if (!Number.isFinite(weight)) return;
    add(u, v, -weight);
    add(v, u, -weight);
    add(u, u, weight);
    add(v, v, weight);
  });
  for (let i = 0; i < n; i++) add(i, i, shift);
  return SparseMatrix.fromTriplets(n, n, rows, cols, values);
}

/** Calls `visit` for the three corners of every triangle with the opposite edge. */
function forEachCorner({ triangles }: Mesh, visit: (apex: number, u: number, v: number) => void): void {
  for (let t = 0; t < triangles.length; t += 3) {
    for (let k = 0; k < 3; k++) visit(triangles[t + k]!, triangles[t + ((k + 1) % 3)]!, triangles[t + ((k + 2) % 3)]!);
  }
}

/** Cotangent of the angle at `apex` between the directions to u and v. */
function cotangent(points: Float64Array, apex: number, u: number, v: number): number {
  const side = (end: number, axis: number): number => points[3 * end + axis]! - points[3 * apex + axis]!;
  const [ax, ay, az] = [side(u, 0), side(u, 1), side(u, 2)];
  const [bx, by, bz] = [side(v, 0), side(v, 1), side(v, 2)];
  const area = Math.hypot(ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx);
  return (ax * bx + ay * by + az * bz) / area;
}
