// The acceptance test: a frozen holdout that is solved in every cycle and never learned from, clean and
// with the same noise each time, and fresh puzzles to learn from in between.

import { fixedSolver, learningSolver, ruleSolver } from './solvers.mjs';
import { addNoise, makePuzzle } from './puzzles.mjs';
import { Random } from './random.mjs';

/** The default setting of the original. */
export const DEFAULTS = { holdout: 50, training: 200, cycles: 5, budget: 500, seed: 1 };

const EASIEST = 1;
const HARDEST = 10;
const NOISY_SHARE = 0.25;

/**
 * Runs three modes on the same puzzles: A by a rule, B always by all jumps together, C by `bandit`, which
 * has the strategies as arms and is new. For each a list of cycles with the shares of the holdout solved,
 * clean and noisy (a true date found, and for clean ones all of them and no other), and the steps for
 * each one solved.
 */
export function acceptance(bandit, options = {}) {
  const { holdout, training, cycles, budget, seed } = { ...DEFAULTS, ...options };
  const random = new Random(seed);
  const some = (count) => Array.from({ length: count }, () => makePuzzle(random, EASIEST, HARDEST));
  const clean = some(holdout);
  const noisy = clean.map((puzzle) => addNoise(puzzle, random));
  const lessons = Array.from({ length: cycles }, () => some(training).map((puzzle) => (random.chance(NOISY_SHARE) ? addNoise(puzzle, random) : puzzle)));

  const modes = { A: ruleSolver(), B: fixedSolver('together'), C: learningSolver(bandit) };
  const results = {};
  for (const [mode, solver] of Object.entries(modes)) {
    results[mode] = lessons.map((lesson) => {
      const { correct, steps } = evaluate(solver, clean, budget, sameDates);
      const { correct: despite } = evaluate(solver, noisy, budget, someDate);
      for (const puzzle of lesson) solver.solve(puzzle, budget, { learn: true });
      return { accuracy: correct / holdout, noisyAccuracy: despite / holdout, stepsPerSolve: steps / correct };
    });
  }
  return results;
}

function evaluate(solver, puzzles, budget, isCorrect) {
  let correct = 0;
  let steps = 0;
  for (const puzzle of puzzles) {
    const found = solver.solve(puzzle, budget);
    steps += found.steps;
    if (isCorrect(found.dates, puzzle.truth)) correct++;
  }
  return { correct, steps };
}

const sameDates = (found, truth) => found.length === truth.length && found.every((date, k) => date === truth[k]);
const someDate = (found, truth) => found.some((date) => truth.includes(date));
