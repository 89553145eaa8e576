// All that this benchmark calls of lacuna, as built in dist/. What the build does not have (yet) is
// null here, and `absent` in the tables.

import { existsSync } from 'node:fs';

const ENTRY = new URL('../../../../dist/node.mjs', import.meta.url);

/** The package, or null where dist/ is not built. */
export async function lacuna() {
  return existsSync(ENTRY) ? import(ENTRY.href) : null;
}

/**
 * A loaded system for single entries: no factorization before a full solve is asked for.
 * {rhs(b), entry(i, rhs, options), full(rhs), dispose()} or null.
 */
export async function openSystem({ rows, cols, indptr, indices, data }, options = {}) {
  const module = await lacuna();
  if (!module?.createSolver) return null;
  const matrix = module.SparseMatrix.fromCsr(rows, cols, indptr, indices, data);
  const solver = await module.createSolver(matrix, { setup: 'lazy', ...options }).catch(ifUnknown);
  if (typeof solver?.entry !== 'function') {
    solver?.dispose();
    return null;
  }
  return {
    rhs: (b) => solver.rhs(b),
    // No relative accuracy beside the absolute one that is asked for.
    entry: (i, rhs, options = {}) => solver.entry(i, rhs, { rtol: 0, ...defined(options) }),
    dispose: () => solver.dispose(),
  };
}

/**
 * A full solve by one of lacuna's methods: {solve(b) gives {x, report}, dispose()}, or null. Making it
 * is the set-up, factorization included.
 */
export async function openFull({ rows, cols, indptr, indices, data }, options) {
  const module = await lacuna();
  if (!module?.createSolver) return null;
  const matrix = module.SparseMatrix.fromCsr(rows, cols, indptr, indices, data);
  const solver = await module.createSolver(matrix, options);
  return { solve: (b) => solver.solve(b), dispose: () => solver.dispose() };
}

/**
 * A system that is never loaded: `row(i)` gives {ids, values, diagonal}, `rhs(i)` a number of at most
 * `norm` in magnitude, `margin` is declared. {entry(i, options), dispose()} or null.
 */
export async function openImplicit({ size, row, rhs, norm, margin }) {
  const module = await lacuna();
  if (!module?.createRowSolver) return null;
  const source = {
    rows: (ids) => {
      const counts = [];
      const indices = [];
      const values = [];
      for (const i of ids) {
        const { ids: others, values: couplings, diagonal } = row(i);
        counts.push(others.length + 1);
        indices.push(i, ...others);
        values.push(diagonal, ...couplings);
      }
      return { counts, indices, values };
    },
  };
  const solver = await module.createRowSolver(source, { size, margin, norm: 3 * margin, signs: 'm-matrix', symmetric: true });
  const kept = solver.rhs({ value: rhs, normInf: norm });
  return {
    entry: (i, options = {}) => solver.entry(i, kept, { rtol: 0, ...defined(options) }),
    dispose: () => solver.dispose(),
  };
}

/** A graph {n, indptr, indices}: {pagerank, personalized, topK, dispose} or null. */
export async function openGraph({ indptr, indices }, { directed }) {
  const module = await lacuna();
  if (!module?.createGraph) return null;
  const graph = await module.createGraph({ indptr, indices }, { directed });
  return {
    pagerank: (options) => graph.pagerank(options),
    personalized: (source, options) => graph.personalizedPagerank(source, options),
    // A list of k counts as certified where its order is.
    topK: (source, k, options) => {
      const { certified, ...rest } = graph.topK(source, k, options);
      return { ...rest, certified: certified === k };
    },
    dispose: () => graph.dispose(),
  };
}

/** The ways of a single entry that the planner chooses from, as `method` names them. */
export const WAYS = ['push', 'product', 'neumann', 'walks', 'bidirectional', 'full'];

const defined = (options) => Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

/** A build from before the option existed refuses it. */
function ifUnknown(error) {
  if (error?.code) return null;
  throw error;
}
