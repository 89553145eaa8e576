// Ways to walk through the dates of a range. A strategy jumps over dates that cannot hold; what it lands
// on is tested against all constraints, so that every one finds the same dates, in more or fewer steps.

import { isPicked } from './constraints.mjs';
import { civil, dayNumber, daysInMonth, weekday } from './dates.mjs';

/** The first date from `number` on that holds the constraint, by arithmetic. */
const JUMPS = {
  'day-of-week': ({ day }, number) => number + ((day - weekday(number) + 7) % 7),
  'in-month': ({ month }, number) => {
    const now = civil(number);
    if (now.month === month) return number;
    return dayNumber(now.month < month ? now.year : now.year + 1, month, 1);
  },
  'day-of-month': ({ day }, number) => {
    let { year, month, day: today } = civil(number);
    // Not every month has every day.
    while (today > day || daysInMonth(year, month) < day) {
      today = 1;
      year += month === 12 ? 1 : 0;
      month = (month % 12) + 1;
    }
    return dayNumber(year, month, day);
  },
};

/** The kinds that each strategy jumps by, in turns until none moves. */
export const STRATEGIES = {
  days: [],
  weekday: ['day-of-week'],
  months: ['in-month'],
  dayOfMonth: ['day-of-month'],
  together: ['in-month', 'day-of-month', 'day-of-week'],
};

/**
 * All dates that solve a prepared puzzle, by a strategy. A step is a date that is landed on, tested or
 * only jumped on from. A walk of more steps than `limit` is cut off: `done` is then false.
 */
export function walk(search, strategy, limit = Infinity) {
  const kinds = STRATEGIES[strategy];
  const guides = search.picks.filter(({ kind }) => kinds.includes(kind));
  const dates = [];
  let steps = 0;
  for (let number = search.first; number <= search.last; number++) {
    let moves = 0;
    for (let still = 0, k = 0; still < guides.length && number <= search.last; k = (k + 1) % guides.length) {
      const landed = JUMPS[guides[k].kind](guides[k], number);
      still = landed === number ? still + 1 : 1;
      if (landed !== number) moves++;
      number = landed;
    }
    // Where nothing moved, the date itself; of those past the end, the last is not looked at.
    const past = number > search.last;
    steps += Math.max(moves, 1) - (past ? 1 : 0);
    if (steps > limit) return { dates, steps: limit, done: false };
    if (!past && isPicked(search, number)) dates.push(number);
  }
  return { dates, steps, done: true };
}
