// Native contenders (bench/cpp): what the same machine does without JavaScript or WebAssembly.
// Eigen comes twice: -O3 for any x86-64 (SSE2), the fair twin of a portable build, and -march=native.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = (name) => fileURLToPath(new URL(`../../../build/bench/${name}`, import.meta.url));

const needs = {
  any: () => undefined,
  symmetric: (problem) => (problem.symmetric ? undefined : 'needs a symmetric matrix'),
  definite: (problem) => (problem.spd ? undefined : 'needs a positive definite matrix'),
};

const contender = (kind, file) => ([name, solver, skip]) => ({
  name,
  kind,
  native: true,
  program: program(file),
  solver,
  skip: (problem) => (existsSync(program(file)) ? skip(problem) : 'not built (bash bench/setup.sh)'),
});

const eigen = [
  ['Eigen LLT', 'llt', needs.definite],
  ['Eigen LDLT', 'ldlt', needs.symmetric],
  ['Eigen LU', 'lu', needs.any],
  ['Eigen cg+jacobi', 'cg+jacobi', needs.definite],
  ['Eigen cg+ic', 'cg+ic', needs.definite],
  ['Eigen bicgstab+jacobi', 'bicgstab+jacobi', needs.any],
  ['Eigen bicgstab+ilut', 'bicgstab+ilut', needs.any],
];

const suitesparse = [
  ['CHOLMOD supernodal, AMD', 'cholmod-amd', needs.definite],
  ['CHOLMOD supernodal, METIS', 'cholmod-metis', needs.definite],
  ['UMFPACK', 'umfpack', needs.any],
  ['KLU', 'klu', needs.any],
];

export const contenders = [
  ...eigen.map(contender('eigen', 'bench-eigen')),
  ...eigen.map(([name, ...rest]) => [`${name} (-march=native)`, ...rest]).map(contender('eigen', 'bench-eigen-march')),
  ...suitesparse.map(contender('suitesparse', 'bench-suitesparse')),
];
