// How well units of work follow time: every method on systems of every family, the least of several
// runs. Prints the rank correlation and the spread of time over units by method, and what weights a fit
// to this machine would give, in ns, to hold against WEIGHTS in src/ts/policy/work.ts.

import { loadEngine } from '../../../../dist/node.mjs';
import { quantile } from '../../harness/stats.mjs';
import { verdict } from '../../direct/lib/contest.mjs';
import { newPolicy } from '../lib/choose.mjs';
import { fit } from '../lib/fit.mjs';
import { internals } from '../lib/internals.mjs';

const { TRAINED, HELD_OUT, SeededRandom, workOf } = internals;

/** Iterations are enough at this many to know what one takes. */
const MAXITER = 300;

export async function calibration({ quick }) {
  const engine = await loadEngine();
  const policy = await newPolicy(engine);
  const plans = policy.arms().filter(({ method, ordering }) => method !== 'auto' && ordering === 'auto');
  policy.dispose();
  const runs = [];
  const sizes = quick ? [0.4, 1] : [0.15, 0.4, 0.65, 0.85, 1];
  // The first system is run once for nothing: its time is that of the engine's baseline code.
  for (const [k, family] of [TRAINED[0], ...TRAINED, ...HELD_OUT].entries()) {
    for (const difficulty of sizes) {
      const { A, b } = family.sample(new SeededRandom(Math.round(100 * difficulty) + 3), difficulty);
      for (const plan of plans) {
        const run = await least(engine, A, b, plan);
        if (run !== undefined && k > 0) runs.push(run);
      }
    }
  }
  engine.dispose();

  console.log('| plan | runs | rank correlation | ns per unit: 5 % | median | 95 % |\n|---|---|---|---|---|---|');
  const row = (name, list) => {
    const rates = list.map(({ work, setupTime, solveTime }) => (1e6 * (setupTime + solveTime)) / work);
    const rank = rankCorrelation(list.map(({ work }) => work), list.map(({ setupTime, solveTime }) => setupTime + solveTime));
    const [low, middle, high] = [0.05, 0.5, 0.95].map((q) => quantile(rates, q).toFixed(3));
    console.log(`| ${name} | ${list.length} | ${rank.toFixed(3)} | ${low} | ${middle} | ${high} |`);
    return rank;
  };
  for (const { name } of plans) row(name, runs.filter((run) => run.name === name));
  const rank = row('all', runs);

  console.log('\n| fitted set-up, ns | entry | stored | met | flop |\n|---|---|---|---|---|');
  for (const name of ['cholesky', 'ldlt', 'lu', 'qr', 'ic', 'ilut']) {
    const list = runs.filter(({ kind }) => kind === name);
    const columns = list.map(({ entries, stored, rows, factorFlops }) => [1, entries, stored, (stored * stored) / rows, factorFlops]);
    const weights = fit(columns, list.map(({ setupTime }) => 1e6 * setupTime));
    console.log(`| ${name} | ${weights.slice(1).map((w) => w.toPrecision(3)).join(' | ')} |`);
  }
  return [verdict('rank correlation of units and time over all plans', rank, { atLeast: 0.95 })];
}

/** The least times of some runs of a plan; nothing where it does not fit. */
async function least(engine, A, b, { name, ...options }) {
  let best;
  let spent = 0;
  for (let k = 0; k < 6 && spent < 250; k++) {
    const start = performance.now();
    let solver;
    try {
      solver = await engine.createSolver(A, { ...options, maxiter: MAXITER });
    } catch {
      return undefined;
    }
    const ready = performance.now();
    const { report } = solver.solve(b);
    const end = performance.now();
    spent += end - start;
    const setup = solver.report;
    solver.dispose();
    best = {
      name,
      kind: setup.preconditioner === 'none' ? setup.method : setup.preconditioner,
      entries: setup.nnz + setup.rows + setup.cols,
      rows: setup.rows,
      stored: (setup.factorNnz ?? 0) + (setup.preconditionerNnz ?? 0),
      factorFlops: setup.factorFlops ?? 0,
      work: workOf(setup, [report]),
      setupTime: Math.min(best?.setupTime ?? Infinity, ready - start),
      solveTime: Math.min(best?.solveTime ?? Infinity, end - ready),
    };
  }
  return best;
}

/** Spearman's. */
function rankCorrelation(a, b) {
  const ranks = (values) => {
    const order = values.map((_, i) => i).sort((i, j) => values[i] - values[j]);
    const rank = new Float64Array(values.length);
    order.forEach((i, k) => (rank[i] = k - (values.length - 1) / 2));
    return rank;
  };
  const [x, y] = [ranks(a), ranks(b)];
  return x.reduce((sum, value, i) => sum + value * y[i], 0) / x.reduce((sum, value) => sum + value * value, 0);
}
