// numeric.js: left-looking LU with partial pivoting and no ordering of its own, so it runs twice: as
// its documentation has it, and with the rows and columns in AMD order, which counts as set-up.

import { permuteSymmetric, transpose } from '../lib/csr.mjs';
import { mathjsAmd } from '../lib/ordering.mjs';

const toCcs = (A) => {
  const csc = transpose(A);
  return [Array.from(csc.indptr), Array.from(csc.indices), Array.from(csc.data)];
};

const load = async () => (await import('numeric')).default;

const natural = {
  name: 'numeric ccsLUP',
  kind: 'npm',
  prepare: async ({ A, b }) => ({ numeric: await load(), ccs: toCcs(A), b: Array.from(b) }),
  setup: ({ numeric, ccs }) => numeric.ccsLUP(ccs),
  solve: ({ numeric, b }, factor) => ({ x: numeric.ccsLUPSolve(factor, b) }),
  extract: Float64Array.from.bind(Float64Array),
};

const ordered = {
  name: 'numeric ccsLUP, AMD order',
  kind: 'npm',
  prepare: async ({ A, b }) => ({ numeric: await load(), amd: await mathjsAmd(A), A, b }),
  setup: ({ numeric, amd, A }) => {
    const order = amd();
    return { order, lup: numeric.ccsLUP(toCcs(permuteSymmetric(A, order))) };
  },
  solve: ({ numeric, b }, { order, lup }) => {
    const y = numeric.ccsLUPSolve(lup, order.map((old) => b[old]));
    const x = new Float64Array(b.length);
    for (let k = 0; k < order.length; k++) x[order[k]] = y[k];
    return { x };
  },
};

export const contenders = [natural, ordered];
