// Three ways to choose a strategy: a rule, always the same one, and a bandit that learns. A solver has
// `solve(puzzle, budget, { learn })`, which returns the dates found and the steps that it took, tries that
// were given up included.

import { prepare } from './constraints.mjs';
import { walk } from './strategies.mjs';

/** By a rule: weekdays where one is asked for and the range is wide, else day by day. */
export function ruleSolver() {
  return {
    solve(puzzle, budget) {
      const search = prepare(puzzle);
      const distractors = puzzle.constraints.filter(({ kind }) => kind === 'between').length - 1;
      const wide = search.last - search.first + 1 - 30 * distractors >= 140;
      return walk(search, wide && search.picks.some(({ kind }) => kind === 'day-of-week') ? 'weekday' : 'days', budget);
    },
  };
}

/** Always by the same strategy. */
export function fixedSolver(strategy) {
  return { solve: (puzzle, budget) => walk(prepare(puzzle), strategy, budget) };
}

/** By what a bandit with the strategies as arms has learned. */
export function learningSolver(bandit) {
  return {
    solve(puzzle, budget, { learn = false } = {}) {
      const search = prepare(puzzle);
      const context = contextOf(search);
      if (!learn) return walk(search, bandit.best(context), budget);
      const { arm, incumbent, limit } = bandit.choose(context);
      const tried = attempt(bandit, context, search, arm, Math.min(limit, budget));
      if (tried.done || arm === incumbent) return tried;
      // The one that is best by what is known finishes the job.
      const rest = attempt(bandit, context, search, incumbent, budget - tried.steps);
      return { ...rest, steps: tried.steps + rest.steps };
    },
  };
}

/** What decides which strategy is good: how long the range is, and the kinds that dates can be jumped by. */
export function contextOf({ first, last, picks }) {
  const days = last - first + 1;
  const kinds = picks.map(({ kind }) => kind).sort();
  return `${days <= 60 ? 'short' : days <= 180 ? 'medium' : 'long'}:${kinds.join('+')}`;
}

function attempt(bandit, context, search, arm, limit) {
  const found = walk(search, arm, Math.floor(limit));
  // One step more, since an empty range takes none and costs are positive.
  const cost = found.steps + 1;
  bandit.record(context, arm, found.done ? { success: found.dates.length > 0, cost } : { cost, censored: true });
  return found;
}
