// The two numbers that make times comparable.

/** Relative tolerance ‖b − Ax‖₂ ≤ RTOL·‖b‖₂ given to every iterative contender (lacuna's default). */
export const RTOL = 1e-10;

/** A time counts only if the harness's own relative residual is below this. */
export const GATE = 10 * RTOL;
