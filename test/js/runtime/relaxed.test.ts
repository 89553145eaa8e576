// The variant with fused multiply-adds: other last digits, the same certificates.
import { expect, test } from 'vitest';
import { evaluate } from '../support/child.js';

interface Figures {
  readonly variant: string;
  readonly method: string;
  readonly converged: boolean;
  readonly backwardError: number;
  /** ‖b − Ax‖ / (‖A‖ ‖x‖), with the products summed apart from the library. */
  readonly residual: number;
  readonly x: number[];
}

const PROGRAM = `
import { loadEngine, SparseMatrix } from 'lacuna';

function grid(s, diagonal) {
  const rows = [], cols = [], values = [];
  const put = (i, j, v) => { rows.push(i); cols.push(j); values.push(v); };
  for (let i = 0; i < s ** 3; i++) {
    const at = [i % s, Math.floor(i / s) % s, Math.floor(i / (s * s))];
    put(i, i, diagonal + 0.1 * Math.sin(i));
    for (let axis = 0; axis < 3; axis++) {
      for (const step of [-1, 1]) {
        if (at[axis] + step >= 0 && at[axis] + step < s) put(i, i + step * s ** axis, -1 - 0.01 * Math.cos(i + i + step * s ** axis));
      }
    }
  }
  return SparseMatrix.fromTriplets(s ** 3, s ** 3, rows, cols, values);
}

function residual(A, x, b) {
  const { indptr, indices, data } = A.toCsr();
  let worst = 0, norm = 0;
  for (let i = 0; i < b.length; i++) {
    let sum = b[i], row = 0;
    for (let p = indptr[i]; p < indptr[i + 1]; p++) {
      sum -= data[p] * x[indices[p]];
      row += Math.abs(data[p]);
    }
    worst = Math.max(worst, Math.abs(sum));
    norm = Math.max(norm, row);
  }
  return worst / (norm * Math.max(...x.map(Math.abs)));
}

const s = 12;
const definite = grid(s, 6.5), indefinite = grid(s, 3.1), skew = SparseMatrix.fromTriplets(s ** 3, s ** 3, ...(() => {
  const { indptr, indices, data } = definite.toCsr();
  const rows = Array.from(indices, () => 0);
  for (let i = 0; i < s ** 3; i++) rows.fill(i, indptr[i], indptr[i + 1]);
  return [rows, indices, data.map((v, p) => indices[p] > rows[p] ? 1.5 * v : v)];
})());
const b = Float64Array.from({ length: s ** 3 }, (_, i) => Math.sin(i * i));
const found = [];
for (const variant of ['simd', 'relaxed']) {
  const engine = await loadEngine({ variant });
  for (const [method, A] of [['cholesky', definite], ['ldlt', indefinite], ['lu', skew], ['qr', skew], ['cg', definite]]) {
    const solver = await engine.createSolver(A, { method });
    const { x, report } = solver.solve(b);
    found.push({ variant: report.variant, method, converged: report.converged, backwardError: report.backwardError.normwise, residual: residual(A, x, b), x: [...x] });
    if (method !== 'cg') {
      const factor = await engine.factorize(A, { method });
      const again = factor.solve(b);
      found.push({ variant: factor.report.variant, method, converged: again.report.converged, backwardError: again.report.backwardError.normwise, residual: residual(A, again.x, b), x: [...again.x] });
    }
  }
}
console.log(JSON.stringify(found));
`;

test('solves with the same certificates, and fuses', async () => {
  const flags = parseInt(process.versions.node) < 22 ? ['--experimental-wasm-relaxed-simd'] : [];
  const found = await evaluate<Figures[]>(PROGRAM, { flags });
  expect(found).toHaveLength(18);
  let different = 0;
  for (let k = 0; k < 9; k++) {
    const simd = found[k]!;
    const relaxed = found[k + 9]!;
    expect([simd.variant, relaxed.variant, relaxed.method]).toEqual(['simd', 'relaxed', simd.method]);
    expect(relaxed.converged).toBe(true);
    if (relaxed.method !== 'cg') expect(relaxed.backwardError).toBeLessThan(1e-15);
    expect(relaxed.residual).toBeLessThan(relaxed.method === 'cg' ? 1e-10 : 1e-15);
    const size = Math.max(...simd.x.map(Math.abs));
    const apart = Math.max(...simd.x.map((value, i) => Math.abs(value - relaxed.x[i]!)));
    expect(apart / size).toBeLessThan(1e-8);
    if (apart > 0) different++;
  }
  // Were all equal, nothing would be fused.
  expect(different).toBeGreaterThan(0);
});
