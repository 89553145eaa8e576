// Calendar puzzles, and a bandit that learns which way of skipping through the dates suits which kind of
// puzzle.
//
// A puzzle is a set of constraints of ten kinds on a date: a range, a weekday, a month, … Every strategy
// finds all dates that hold them; they differ in how many dates they look at. Jumping by everything at
// once is good but not always the best: for "a Friday the 13th" it lands on Fridays that are no 13th.
//
// Run it with: npm run build && node examples/calendar/calendar.mjs [seed]

import { createBandit } from 'lacuna';
import { acceptance, DEFAULTS } from './acceptance.mjs';
import { STRATEGIES } from './strategies.mjs';

const seed = Number(process.argv[2] ?? DEFAULTS.seed);
const bandit = await createBandit({ arms: Object.keys(STRATEGIES), seed });
const start = performance.now();
const results = acceptance(bandit, { seed });
const elapsed = performance.now() - start;

const NAMES = { A: 'A, a rule', B: 'B, all jumps together', C: 'C, learned' };
console.log('mode                    accuracy  noisy  steps a solve, cycle by cycle');
for (const [mode, cycles] of Object.entries(results)) {
  const { accuracy, noisyAccuracy } = cycles.at(-1);
  const percent = (share, width) => `${(100 * share).toFixed(0)} %`.padStart(width);
  const steps = cycles.map(({ stepsPerSolve }) => stepsPerSolve.toFixed(1).padStart(6)).join('');
  console.log(`${NAMES[mode].padEnd(24)}${percent(accuracy, 8)}${percent(noisyAccuracy, 7)}  ${steps}`);
}
const { contexts, recorded, censored } = bandit.stats();
console.log(`\n${recorded} runs in ${contexts} contexts, ${censored} of them cut off; ${elapsed.toFixed(0)} ms in all`);

console.log('\nFridays the 13th, in a long range:');
for (const { arm, recorded: runs, cost, chance } of bandit.explain('long:day-of-month+day-of-week').arms) {
  console.log(`  ${arm.padEnd(10)}  ${String(runs).padStart(3)} runs  ${cost.toFixed(1).padStart(6)} steps  ${(100 * chance).toFixed(0).padStart(3)} % likely to be chosen`);
}
bandit.dispose();
