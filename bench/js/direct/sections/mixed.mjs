// Factors in single precision against factors in double precision, of Cholesky, LDLᵀ and LU in one
// engine: time of the numbers, of the first solve with its refinement, of both with the analysis, and peak
// of memory.

import { factorize, SparseMatrix } from '../../../../dist/node.mjs';
import { median } from '../../harness/stats.mjs';
import { verdict } from '../lib/contest.mjs';
import { factoredSystems } from '../lib/systems.mjs';

const PRECISIONS = ['double', 'mixed', 'auto'];
const KEYS = ['analyze', 'factor', 'solve', 'block'];

export async function mixed(options) {
  const lines = [];
  console.log('| system | method | asked | ran | analyze ms | factor | solve | total | 16 at once | MB | corrections | GMRES | backward error |');
  console.log('|---|---|---|---|---|---|---|---|---|---|---|---|---|');
  for (const [name, method, { A: raw, b }] of factoredSystems(options)) {
    const A = SparseMatrix.fromCsr(raw.rows, raw.cols, raw.indptr, raw.indices, raw.data);
    const samples = new Map(PRECISIONS.map((precision) => [precision, []]));
    // The first round warms up; precisions take turns.
    for (let round = 0; round <= options.rounds; round++) {
      for (const precision of PRECISIONS) {
        const sample = await once(A, b, method, precision);
        if (round > 0) samples.get(precision).push(sample);
      }
    }
    const times = new Map(PRECISIONS.map((precision) => [precision, medians(samples.get(precision))]));
    for (const [precision, t] of times) console.log(row(name, method, precision, t));
    lines.push(...judged(name, times));
  }
  return lines;
}

async function once(A, b, method, precision) {
  const factor = await factorize(A, { method, precision });
  try {
    const { report } = factor.solve(b);
    const { reports } = factor.solveMany(Array.from({ length: 16 }, () => b));
    return {
      analyze: factor.report.analyzeTime,
      factor: factor.report.factorTime,
      solve: report.solveTime,
      block: 16 * reports[0].solveTime,
      report: factor.report,
      solved: report,
    };
  } finally {
    factor.dispose();
  }
}

function medians(samples) {
  const times = Object.fromEntries(KEYS.map((key) => [key, median(samples.map((sample) => sample[key]))]));
  return { ...samples[0], ...times, total: times.analyze + times.factor + times.solve };
}

function row(name, method, precision, t) {
  const ran = t.report.fallback ? `${t.report.precision}: ${t.report.fallback}` : t.report.precision;
  const { corrections = '', iterations = '' } = t.solved.mixed ?? {};
  const ms = [t.analyze, t.factor, t.solve, t.total, t.block].map((v) => v.toFixed(1)).join(' | ');
  const bytes = (t.report.peakBytes / 1e6).toFixed(1);
  return `| ${name} | ${method} | ${precision} | ${ran} | ${ms} | ${bytes} | ${corrections} | ${iterations} | ${t.solved.backwardError.normwise.toExponential(1)} |`;
}

function judged(name, times) {
  const [double, single, auto] = PRECISIONS.map((precision) => times.get(precision));
  const lines = [double, single].map((t) =>
    verdict(`${name}: ${t.report.precision}, backward error over 1e-14`, t.solved.backwardError.normwise / 1e-14, { atMost: 1 }),
  );
  if (single.report.precision === 'mixed') {
    lines.push(verdict(`${name}: mixed, times as fast in the numbers`, double.factor / single.factor));
    lines.push(verdict(`${name}: mixed, times as fast in numbers and first solve`, (double.factor + double.solve) / (single.factor + single.solve)));
    lines.push(verdict(`${name}: mixed, share of the bytes`, single.report.peakBytes / double.report.peakBytes, { atMost: 0.6 }));
  }
  lines.push(verdict(`${name}: auto, times the time of double`, auto.total / double.total, { atMost: 1.05 }));
  return lines;
}
