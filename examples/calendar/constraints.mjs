// The ten kinds of constraints on a date: seven leave a range, three pick dates out of it.

import { civil, dayNumber, weekday } from './dates.mjs';

/** First and last date by kind. Named references of a puzzle are dates by name. */
const RANGES = {
  exact: ({ date }) => [date, date],
  after: ({ date }) => [date + 1, Infinity],
  before: ({ date }) => [-Infinity, date - 1],
  between: ({ first, last }) => [first, last],
  'days-after': ({ reference, days }, references) => [references[reference] + days, references[reference] + days],
  'days-before': ({ reference, days }, references) => [references[reference] - days, references[reference] - days],
  'in-year': ({ year }) => [dayNumber(year, 1, 1), dayNumber(year, 12, 31)],
};

/** Whether a date holds the constraint, by kind; `day` is 0 for Sunday … 6 or 1 … 31. */
const PICKS = {
  'in-month': ({ month }, number) => civil(number).month === month,
  'day-of-week': ({ day }, number) => weekday(number) === day,
  'day-of-month': ({ day }, number) => civil(number).day === day,
};

/** A puzzle as a search takes it: first and last date that the ranges leave, and the constraints that pick. */
export function prepare({ constraints, references }) {
  let first = -Infinity;
  let last = Infinity;
  const picks = [];
  for (const constraint of constraints) {
    const range = RANGES[constraint.kind]?.(constraint, references);
    if (range === undefined) {
      picks.push(constraint);
    } else {
      first = Math.max(first, range[0]);
      last = Math.min(last, range[1]);
    }
  }
  return { first, last, picks };
}

/** Whether a date of the range holds the constraints that pick. */
export function isPicked({ picks }, number) {
  for (let k = 0; k < picks.length; k++) if (!PICKS[picks[k].kind](picks[k], number)) return false;
  return true;
}
