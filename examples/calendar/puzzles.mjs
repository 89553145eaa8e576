// Puzzles: constraints that a hidden date keeps to, and noise that spoils them.

import { isPicked, prepare } from './constraints.mjs';
import { civil, dayNumber, weekday } from './dates.mjs';

/** Beside the first range, a puzzle draws from these, each at most once. */
const FURTHER = ['in-year', 'in-month', 'day-of-week', 'day-of-month', 'after', 'before', 'days-after'];

/**
 * A puzzle of difficulty `least` … `most` (integers of at least 1): a range of 30·(difficulty + 1) days
 * about a hidden date of 2000 … 2030, up to difficulty/2 + 2 further constraints, and from difficulty 5
 * on up to three wider ranges that say nothing new. `truth`: all dates that hold them, in order.
 */
export function makePuzzle(random, least, most) {
  const difficulty = random.between(least, most);
  const year = random.between(2000, 2030);
  const month = random.between(1, 12);
  const day = random.between(1, 28);
  const target = dayNumber(year, month, day);
  const half = 15 * (difficulty + 1);
  const constraints = [{ kind: 'between', first: target - half, last: target + half }];
  const references = { anchor: target - random.between(1, 60) };

  const count = random.between(0, Math.min(FURTHER.length, Math.floor(difficulty / 2) + 2));
  const kinds = FURTHER.filter((kind) => difficulty >= 3 || (kind !== 'after' && kind !== 'before'));
  for (let k = 0; k < count && kinds.length > 0; k++) {
    const [kind] = kinds.splice(random.between(0, kinds.length - 1), 1);
    constraints.push(further(kind, target, references, random));
  }
  for (let k = difficulty >= 5 ? random.between(0, 3) : 0; k > 0; k--) {
    const wider = half + random.between(10, 60);
    constraints.push({ kind: 'between', first: target - wider, last: target + wider });
  }
  const puzzle = { difficulty, constraints, references };
  return { ...puzzle, truth: allDates(puzzle) };
}

/** What holds of the target. */
function further(kind, target, references, random) {
  const { year, month, day } = civil(target);
  switch (kind) {
    case 'in-year':
      return { kind, year };
    case 'in-month':
      return { kind, month };
    case 'day-of-week':
      return { kind, day: weekday(target) };
    case 'day-of-month':
      return { kind, day };
    case 'after':
      return { kind, date: target - random.between(1, 60) };
    case 'before':
      return { kind, date: target + random.between(1, 60) };
    default:
      // Pins the date down in one of two ways.
      return random.chance(0.5)
        ? { kind: 'days-after', reference: 'anchor', days: target - references.anchor }
        : { kind: 'exact', date: target };
  }
}

/** By trying every one. */
export function allDates(puzzle) {
  const search = prepare(puzzle);
  const dates = [];
  for (let number = search.first; number <= search.last; number++) if (isPicked(search, number)) dates.push(number);
  return dates;
}

/** The puzzle as a careless writer would pass it on: ranges off by five days, weekdays by one. The truth stays. */
export function addNoise(puzzle, random) {
  const shift = (chance) => (random.chance(chance) ? (random.chance(0.5) ? 5 : -5) : 0);
  const constraints = puzzle.constraints.map((constraint) => {
    switch (constraint.kind) {
      case 'between': {
        const by = shift(0.5);
        return { ...constraint, first: constraint.first + by, last: constraint.last + by };
      }
      case 'after':
      case 'before':
        return { ...constraint, date: constraint.date + shift(0.4) };
      case 'day-of-week':
        return { ...constraint, day: (constraint.day + (random.chance(0.2) ? 1 : 0)) % 7 };
      default:
        return constraint;
    }
  });
  return { ...puzzle, constraints };
}
