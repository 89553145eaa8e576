// The calendar acceptance of examples/calendar beside that of the npm package @ruvector/rvf-solver, at the
// same setting (holdout 50, training 200, 5 cycles, 500 steps, three modes), seed after seed in turns.
//   node bench/js/bandit/calendar.mjs [--seeds 20]
// The puzzles are not the same ones, only made alike: each side makes its own. Both count the dates that
// a search looks at, for each puzzle of the holdout that was solved.
import solver from '@ruvector/rvf-solver';
import { createBandit, loadEngine } from '../../../dist/node.mjs';
import { acceptance, DEFAULTS } from '../../../examples/calendar/acceptance.mjs';
import { STRATEGIES } from '../../../examples/calendar/strategies.mjs';
import { machine } from '../harness/machine.mjs';

/** What its newer build, which is not on npm, takes in mode C at this setting; its accuracy is 100 %. */
const NEWER = { accuracy: 1, steps: 72.5 };

const given = process.argv.indexOf('--seeds');
const seeds = given > 0 ? Number(process.argv[given + 1]) : 20;

/** Each takes a seed and gives accuracy and steps a solve of mode C, cycle by cycle. */
const sides = {
  lacuna: async () => {
    const engine = await loadEngine();
    return async (seed) => {
      const bandit = await createBandit({ engine, arms: Object.keys(STRATEGIES), seed });
      const cycles = acceptance(bandit, { seed }).C;
      bandit.dispose();
      return cycles.map(({ accuracy, stepsPerSolve }) => ({ accuracy, steps: stepsPerSolve }));
    };
  },
  'rvf-solver': async () => {
    const instance = await solver.RvfSolver.create();
    const { holdout, training, cycles, budget } = DEFAULTS;
    return (seed) =>
      instance
        .acceptance({ holdoutSize: holdout, trainingPerCycle: training, cycles, stepBudget: budget, seed })
        .modeC.cycles.map(({ accuracy, cost_per_solve: steps }) => ({ accuracy, steps }));
  },
};

const measured = {};
for (const [name, start] of Object.entries(sides)) {
  const begun = performance.now();
  const run = await start();
  await run(0);
  measured[name] = { run, cold: performance.now() - begun, times: [], cycles: [] };
}
for (let seed = 1; seed <= seeds; seed++) {
  const order = Object.values(measured);
  if (seed % 2 === 0) order.reverse();
  for (const side of order) {
    const begun = performance.now();
    const cycles = await side.run(seed);
    side.times.push(performance.now() - begun);
    side.cycles.push(cycles);
  }
}

const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const { cpu, node } = machine();
console.log(`${cpu}, Node ${node}; ${seeds} seeds, mode C\n`);
console.log('              accuracy  least  steps a solve  last cycle    ms  first run');
const row = (name, cells) => console.log(`${name.padEnd(14)}${cells.map(([text, width]) => text.padStart(width)).join('')}`);
for (const [name, { times, cold, cycles }] of Object.entries(measured)) {
  const all = cycles.flat();
  const percent = (share) => `${(100 * share).toFixed(0)} %`;
  row(name, [
    [percent(mean(all.map(({ accuracy }) => accuracy))), 8],
    [percent(Math.min(...all.map(({ accuracy }) => accuracy))), 7],
    [mean(all.map(({ steps }) => steps)).toFixed(1), 15],
    [mean(cycles.map((list) => list.at(-1).steps)).toFixed(1), 12],
    [median(times).toFixed(0), 6],
    [cold.toFixed(0), 11],
  ]);
}
const ratios = measured.lacuna.times.map((time, k) => time / measured['rvf-solver'].times[k]);
const steps = mean(measured.lacuna.cycles.flat().map((cycle) => cycle.steps));
const accuracy = Math.min(...measured.lacuna.cycles.flat().map((cycle) => cycle.accuracy));
const verdict = (met) => (met ? 'met' : 'MISSED');
console.log(`\ntime of the acceptance over that of rvf-solver, median: ${median(ratios).toFixed(2)}, target below 1: ${verdict(median(ratios) < 1)}`);
console.log(`accuracy of every cycle, target ${100 * NEWER.accuracy} %: ${verdict(accuracy >= NEWER.accuracy)}`);
console.log(`steps a solve over all cycles, target below ${NEWER.steps}: ${verdict(steps < NEWER.steps)}`);
