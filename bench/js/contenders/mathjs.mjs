// mathjs: CSparse's LU in JavaScript. Order 1 (AMD of A + Aᵀ) with a low pivoting threshold is its
// fastest correct setting on all our families: every one of them has a dominant diagonal.

import { transpose } from '../lib/csr.mjs';

export const contenders = [
  {
    name: 'mathjs slu',
    kind: 'npm',
    prepare: async ({ A, b }) => {
      const { SparseMatrix, slu, lusolve } = await import('mathjs');
      const csc = transpose(A);
      const matrix = new SparseMatrix({
        values: Array.from(csc.data),
        index: Array.from(csc.indices),
        ptr: Array.from(csc.indptr),
        size: [A.rows, A.cols],
        datatype: 'number',
      });
      return { slu, lusolve, matrix, b: Array.from(b) };
    },
    setup: ({ slu, matrix }) => slu(matrix, 1, 0.001),
    solve: ({ lusolve, b }, factor) => ({ x: lusolve(factor, b) }),
    extract: (x) => Float64Array.from(x.valueOf(), (row) => row[0]),
  },
];
