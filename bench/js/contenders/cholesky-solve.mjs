// cholesky-solve: LDLᵀ without an ordering of its own. Natural order, reverse Cuthill–McKee (what a
// developer writes by hand) and AMD borrowed from mathjs (the best that npm offers).

import { mathjsAmd, reverseCuthillMcKee } from '../lib/ordering.mjs';

/** Upper triangle as [row, column, value] triples, the only form `prepare` takes. */
function upperTriplets({ rows, indptr, indices, data }) {
  const triplets = [];
  for (let i = 0; i < rows; i++) {
    for (let k = indptr[i]; k < indptr[i + 1]; k++) {
      if (indices[k] >= i) triplets.push([i, indices[k], data[k]]);
    }
  }
  return triplets;
}

const contender = (name, prepareOrder) => ({
  name,
  kind: 'npm',
  skip: (problem) => (problem.symmetric ? undefined : 'needs a symmetric matrix'),
  prepare: async ({ A, b }) => ({
    cholesky: (await import('cholesky-solve')).default,
    triplets: upperTriplets(A),
    n: A.rows,
    order: await prepareOrder(A),
    b: Array.from(b),
  }),
  setup: ({ cholesky, triplets, n, order }) => {
    const solve = cholesky.prepare(triplets, n, order());
    if (!solve) throw new Error('zero pivot');
    return solve;
  },
  solve: ({ b }, solve) => ({ x: solve(b) }),
  extract: Float64Array.from.bind(Float64Array),
});

export const contenders = [
  contender('cholesky-solve', () => () => null),
  contender('cholesky-solve, RCM order', (A) => () => Array.from(reverseCuthillMcKee(A))),
  contender('cholesky-solve, AMD order', mathjsAmd),
];
