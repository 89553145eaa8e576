// What the two hand-written solvers share.

/** 1 / diagonal. */
export function inverseDiagonal({ rows, indptr, indices, data }) {
  const inverse = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    for (let k = indptr[i]; k < indptr[i + 1]; k++) if (indices[k] === i) inverse[i] = 1 / data[k];
  }
  return inverse;
}
