// The gate: an answer is checked here, against the family's own matrix, with sums in about twice the
// working precision. What a contender says of its own residual is not asked.

import { norm2, residual } from '../lib/csr.mjs';
import { GATE } from '../lib/tolerance.mjs';

/** {passed, relativeResidual, forwardError} of a solution; both in the 2-norm, relative. */
export function check({ A, b, xTrue }, x) {
  if (x?.length !== A.cols) return { passed: false, relativeResidual: NaN, forwardError: NaN };
  const relativeResidual = norm2(residual(A, x, b)) / norm2(b);
  const forwardError = norm2(xTrue.map((value, i) => x[i] - value)) / norm2(xTrue);
  return { passed: relativeResidual <= GATE, relativeResidual, forwardError };
}
