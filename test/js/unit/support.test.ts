import { describe, expect, it } from 'vitest';
import { SparseMatrix } from '../../../src/ts/matrix.js';
import { denseLeastSquares, denseMultiply, denseSolve, toDense, transposed } from '../support/dense.js';
import { poisson2d, poisson3d, randomDominant, randomSpd, randomTall } from '../support/generate.js';
import { cotangentLaplacian, meshEdges, meshLaplacian, readObj } from '../support/mesh.js';
import { Random } from '../support/random.js';
import { norm2, normMax, residual } from '../support/residual.js';
import { describeShared, readMeshFile } from '../support/shared.js';

describe('random numbers', () => {
  it('repeat with the seed and differ without', () => {
    const draw = (seed: number): Float64Array => new Random(seed).vector(20);
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('have the moments they should', () => {
    const random = new Random(1);
    const mean = (draw: () => number): number => Array.from({ length: 20_000 }, draw).reduce((a, b) => a + b) / 20_000;
    expect(mean(() => random.uniform())).toBeCloseTo(0.5, 1);
    expect(mean(() => random.uniform() ** 2)).toBeCloseTo(1 / 3, 1);
    expect(mean(() => random.normal())).toBeCloseTo(0, 1);
    expect(mean(() => random.normal() ** 2)).toBeCloseTo(1, 1);
    expect(random.permutation(50).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, k) => k));
  });
});

describe('dense reference', () => {
  it('solves systems whose solution is known', () => {
    const random = new Random(2);
    for (const n of [1, 2, 10, 40]) {
      const dense = toDense(randomDominant(random, n, 5));
      const x = random.vector(n);
      const solved = denseSolve(dense, denseMultiply(dense, x))!;
      expect(normMax(solved.map((value, i) => value - x[i]!))).toBeLessThan(1e-13);
    }
    expect([...denseSolve([[0, 1], [1, 0]], [3, 4])!]).toEqual([4, 3]);
    expect(denseSolve([[1, 2], [2, 4]], [1, 1])).toBeNull();
  });

  it('solves least squares: the residual is orthogonal to the columns', () => {
    const random = new Random(3);
    const dense = toDense(randomTall(random, 40, 12, 3));
    const b = random.vector(40);
    const x = denseLeastSquares(dense, b);
    const r = denseMultiply(dense, x).map((value, i) => b[i]! - value);
    expect(norm2(denseMultiply(transposed(dense), r))).toBeLessThan(1e-12);
    expect(norm2(r)).toBeGreaterThan(0.1);
  });
});

describe('residual', () => {
  it('sees what float64 cannot', () => {
    const A = SparseMatrix.fromDense([[1 + 2 ** -30, -1]]);
    // (1 + 2⁻³⁰)² = 1 + 2⁻²⁹ + 2⁻⁶⁰: the last term is lost in float64.
    expect(residual(A, [1 + 2 ** -30, 1 + 2 ** -29], [0]).norm).toBe(2 ** -60);
  });

  it('has the parts it should', () => {
    const A = SparseMatrix.fromDense([[2, 0], [1, 4]]);
    const r = residual(A, [1, 1], [2, 9]);
    expect([...r.vector]).toEqual([0, 4]);
    expect(r.relative).toBeCloseTo(4 / Math.hypot(2, 9), 14);
    expect(r.normwise).toBeCloseTo(4 / (5 * 1 + 9), 14);
    expect(r.componentwise).toBeCloseTo(4 / (5 + 9), 14);
    expect([...residual(A, [1, 1], [0, 0], { transpose: true }).vector]).toEqual([-3, -4]);
    expect(residual(A, [0, 0], [0, 0]).relative).toBe(0);
    expect(norm2([3e200, 4e200])).toBeCloseTo(5e200, -190);
  });
});

describe('generators', () => {
  it('Poisson matrices have the eigenvectors they should', () => {
    const [nx, ny, nz] = [5, 4, 3];
    const wave = (k: number, n: number, i: number): number => Math.sin((Math.PI * k * (i + 1)) / (n + 1));
    const value = (k: number, n: number): number => 2 - 2 * Math.cos((Math.PI * k) / (n + 1));
    const plane = Float64Array.from({ length: nx * ny }, (_, p) => wave(2, nx, p % nx) * wave(1, ny, Math.floor(p / nx)));
    const flat = poisson2d(nx, ny).multiply(plane);
    flat.forEach((entry, p) => expect(entry).toBeCloseTo((value(2, nx) + value(1, ny)) * plane[p]!, 12));
    const box = Float64Array.from({ length: nx * ny * nz }, (_, p) =>
      wave(1, nx, p % nx) * wave(3, ny, Math.floor(p / nx) % ny) * wave(2, nz, Math.floor(p / nx / ny)),
    );
    const solid = poisson3d(nx, ny, nz).multiply(box);
    solid.forEach((entry, p) => expect(entry).toBeCloseTo((value(1, nx) + value(3, ny) + value(2, nz)) * box[p]!, 12));
  });

  it('dominant and definite matrices are so', () => {
    const spd = randomSpd(new Random(4), 60, 4);
    expect(spd.transpose().toCsr()).toEqual(spd.toCsr());
    for (const A of [spd, randomDominant(new Random(5), 60, 4)]) {
      toDense(A).forEach((row, i) => {
        const rest = row.reduce((sum, entry, j) => (j === i ? sum : sum + Math.abs(entry)), 0);
        expect(row[i]! - rest).toBeGreaterThan(1e-9);
      });
    }
  });
});

describe('meshes', () => {
  const square = 'v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0\nf 1/1 2/1 3/1 -1/1\n';

  it('reads polygons, texture indices and negative indices', () => {
    const mesh = readObj(square);
    expect([...mesh.triangles]).toEqual([0, 1, 2, 0, 2, 3]);
    expect(meshEdges(mesh).source.length).toBe(5);
  });

  it('the cotangent Laplacian of a square is the five-point star: its diagonal has weight 0', () => {
    const L = cotangentLaplacian(readObj(square));
    expect(L.get(0, 1)).toBeCloseTo(-0.5, 15);
    expect(L.get(0, 2)).toBeCloseTo(0, 15);
    expect(L.get(1, 1)).toBeCloseTo(1, 15);
  });
});

describeShared('meshes of ../shared', (folder) => {
  it.each([
    ['spot.obj', 2930, 5856, 8784],
    ['stanford-bunny.obj', 35_947, 69_451, 104_288],
  ])('%s', (name, vertices, triangles, edges) => {
    const mesh = readObj(readMeshFile(folder, name));
    expect([mesh.vertices.length / 3, mesh.triangles.length / 3]).toEqual([vertices, triangles]);
    const L = meshLaplacian(mesh, 1);
    expect(L.nnz).toBe(vertices + 2 * edges);
    expect(L.multiply(new Float64Array(vertices).fill(1))).toEqual(new Float64Array(vertices).fill(1));
    const C = cotangentLaplacian(mesh);
    expect(C.transpose().toCsr().indices).toEqual(C.toCsr().indices);
    const constant = C.multiply(new Float64Array(vertices).fill(1));
    expect(normMax(constant)).toBeLessThan(1e-12 * normMax(C.toCsr().data));
  });
});
