// The builds of the package against each other: Cholesky by SIMD128 and by the fused multiply-adds of
// relaxed SIMD, where the engine has them (Node 22, or Node 20 with --experimental-wasm-relaxed-simd).

import { loadEngine, SparseMatrix } from '../../../../dist/node.mjs';
import { median } from '../../harness/stats.mjs';
import { definiteSystems } from '../lib/systems.mjs';

const VARIANTS = ['scalar', 'simd', 'relaxed'];

export async function variants(options) {
  const engines = new Map();
  for (const variant of VARIANTS) {
    try {
      engines.set(variant, await loadEngine({ variant }));
    } catch (error) {
      if (error.code !== 'unsupported-variant') throw error;
    }
  }
  if (!engines.has('relaxed')) console.log('This engine has no relaxed SIMD.');
  const lines = [];
  console.log('| system | variant | factor ms | GFLOP/s | backward error |\n|---|---|---|---|---|');
  for (const [name, { A: raw, b }] of definiteSystems(options)) {
    const A = SparseMatrix.fromCsr(raw.rows, raw.cols, raw.indptr, raw.indices, raw.data);
    const times = new Map([...engines.keys()].map((variant) => [variant, []]));
    let factor;
    // The first round warms up; variants take turns.
    for (let round = 0; round <= options.rounds; round++) {
      for (const [variant, engine] of engines) {
        factor = await engine.factorize(A, { method: 'cholesky' });
        if (round > 0) times.get(variant).push(factor.report.factorTime);
        if (round === options.rounds) {
          const { report } = factor.solve(b);
          const ms = median(times.get(variant));
          const rate = factor.report.factorFlops / ms / 1e6;
          console.log(`| ${name} | ${variant} | ${ms.toFixed(1)} | ${rate.toFixed(1)} | ${report.backwardError.normwise.toExponential(1)} |`);
        }
        factor.dispose();
      }
    }
    if (!engines.has('relaxed')) continue;
    const ratio = median(times.get('simd')) / median(times.get('relaxed'));
    lines.push(`${name}: relaxed factors ${ratio.toFixed(2)} times as fast as SIMD128`);
  }
  for (const engine of engines.values()) engine.dispose();
  return lines;
}
