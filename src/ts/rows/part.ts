import { newRowSolver } from './source-solver.js';

/** The part of the package about matrices that are never loaded: loaded when the first solver is made. */
export interface RowsPart {
  readonly newRowSolver: typeof newRowSolver;
}

/** In the package, what is shared comes as an argument: see scripts/build.mjs. */
export default function rowsPart(): RowsPart {
  return { newRowSolver };
}
