// lacuna as users get it, from dist/: a process that answers the lines "cholesky" and "lu" as the
// programs of bench/cpp/direct do. `analyze` is 0: the set-up tells one time, copies and checks
// included.

import { createInterface } from 'node:readline';
import { createSolver, SparseMatrix } from '../../../../dist/node.mjs';
import { median } from '../../harness/stats.mjs';
import { readSystem } from '../../harness/system-file.mjs';

const { A: raw, b } = readSystem(process.argv[2]);
const A = SparseMatrix.fromCsr(raw.rows, raw.cols, raw.indptr, raw.indices, raw.data);
const many = Array.from({ length: 32 }, () => b);

async function once(method) {
  const started = performance.now();
  const solver = await createSolver(A, { method });
  const factor = performance.now() - started;
  try {
    const update = performance.now();
    solver.update(raw.data);
    const refactor = performance.now() - update;
    const { report } = solver.solve(b);
    const began = performance.now();
    solver.solve(b);
    const solve = performance.now() - began;
    const block = performance.now();
    solver.solveMany(many);
    return {
      analyze: 0,
      factor,
      refactor,
      solve,
      block: performance.now() - block,
      flops: solver.report.factorFlops ?? 0,
      residual: report.backwardError.normwise,
    };
  } finally {
    solver.dispose();
  }
}

/** Medians of as many runs as fit into 40 ms. */
async function answer(method) {
  const samples = [];
  const started = performance.now();
  do samples.push(await once(method));
  while (performance.now() - started < 40);
  return Object.fromEntries(Object.keys(samples[0]).map((key) => [key, median(samples.map((sample) => sample[key]))]));
}

console.log(JSON.stringify({ n: raw.rows }));
for await (const line of createInterface({ input: process.stdin })) {
  const result = await answer(line).catch((error) => ({ refused: error.code ?? 'failed' }));
  console.log(JSON.stringify(result));
}
