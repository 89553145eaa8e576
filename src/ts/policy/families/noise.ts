import type { PolicySystem } from '../training.js';
import type { SeededRandom } from '../random.js';
import { SparseMatrix } from '../../shared.js';

/**
 * A neighbour of a system: every entry of A and b multiplied by 1 + level·u, u uniform in [−1, 1). The
 * pattern stays, and so does symmetry, since an entry and its mirror image get the same factor.
 * O(nnz) time and memory.
 */
export function perturbed({ A, b }: PolicySystem, random: SeededRandom, level: number): PolicySystem {
  const { rows, cols, indptr, indices, data } = A.toCsr();
  // A factor hangs on the unordered pair of row and column, by a hash.
  const key = random.bits();
  const factor = (i: number, j: number): number => {
    let z = Math.imul(Math.min(i, j) + 1, 0x9e3779b1) ^ Math.imul(Math.max(i, j) + 1, 0x85ebca77) ^ key;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return 1 + level * (((z ^ (z >>> 16)) >>> 0) / 2 ** 31 - 1);
  };
  const values = data.slice();
  for (let i = 0; i < rows; i++) {
    for (let k = indptr[i]!; k < indptr[i + 1]!; k++) values[k]! *= factor(i, indices[k]!);
  }
  return {
    A: SparseMatrix.fromCsr(rows, cols, indptr, indices, values),
    b: b.map((value) => value * (1 + level * random.between(-1, 1))),
  };
}
