// Fill-reducing orderings a JavaScript developer can reach, for the peers that bring none.

/** Reverse Cuthill–McKee of a symmetric pattern: order[new] = old. Starts at a pseudo-peripheral vertex. */
export function reverseCuthillMcKee({ rows: n, indptr, indices }) {
  const degree = (v) => indptr[v + 1] - indptr[v];
  const order = new Int32Array(n);
  const seen = new Uint8Array(n);
  let filled = 0;

  // Breadth-first from `root`, neighbors by rising degree; writes order[filled…] and returns the end.
  const sweep = (root, mark) => {
    let end = filled;
    order[end++] = root;
    mark[root] = 1;
    for (let at = filled; at < end; at++) {
      const v = order[at];
      const first = end;
      for (let k = indptr[v]; k < indptr[v + 1]; k++) {
        const w = indices[k];
        if (!mark[w]) {
          mark[w] = 1;
          order[end++] = w;
        }
      }
      order.subarray(first, end).sort((a, b) => degree(a) - degree(b));
    }
    return end;
  };

  for (let v = 0; v < n; v++) {
    if (seen[v]) continue;
    let root = v;
    for (let pass = 0; pass < 2; pass++) root = order[sweep(root, seen.slice()) - 1];
    filled = sweep(root, seen);
  }
  return order.reverse();
}

/**
 * Approximate minimum degree as mathjs has it (CSparse's AMD). mathjs doesn't export the function by
 * itself, so it is imported by file: the strongest ordering on npm, and the peers shall have it.
 * Loads and converts now, returns a function that computes order[new] = old.
 */
export async function mathjsAmd({ rows, indptr, indices, data }) {
  const { add, multiply, transpose, SparseMatrix } = await import('mathjs');
  const file = new URL('./function/algebra/sparse/csAmd.js', import.meta.resolve('mathjs'));
  const { createCsAmd } = await import(file.href);
  const csAmd = createCsAmd({ add, multiply, transpose });
  const matrix = new SparseMatrix({
    values: Array.from(data),
    index: Array.from(indices),
    ptr: Array.from(indptr),
    size: [rows, rows],
    datatype: 'number',
  });
  return () => csAmd(1, matrix).slice(0, rows);
}
