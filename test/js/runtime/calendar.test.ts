// The example of a bandit: calendar puzzles, in examples/calendar.
import { createBandit, type Engine, loadEngine } from 'lacuna';
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileURLToPath } from 'node:url';
import { runs } from '../support/prove.js';
import { Random } from '../support/random.js';

interface Cycle {
  accuracy: number;
  noisyAccuracy: number;
  stepsPerSolve: number;
}
interface Constraint {
  kind: string;
  [member: string]: unknown;
}
interface Puzzle {
  constraints: Constraint[];
  references: Record<string, number>;
  truth: number[];
}

const folder = new URL('../../../examples/calendar/', import.meta.url);
const load = async <T>(name: string): Promise<T> => (await import(/* @vite-ignore */ new URL(name, folder).href)) as T;

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});
afterAll(() => {
  engine.dispose();
});

describe('the calendar', () => {
  it('is that of Date', async () => {
    const { civil, daysInMonth, dayNumber, weekday } = await load<any>('dates.mjs');
    const random = new Random(1);
    for (let k = 0; k < 5000; k++) {
      const number = random.integer(2_000_000) - 1_000_000;
      const date = new Date(number * 86_400_000);
      const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
      expect(civil(number)).toEqual({ year, month, day });
      expect(dayNumber(year, month, day)).toBe(number);
      expect(weekday(number)).toBe(date.getUTCDay());
      const next = new Date(date);
      next.setUTCMonth(month, 0);
      expect(daysInMonth(year, month)).toBe(next.getUTCDate());
    }
  });
});

describe('strategies', () => {
  /** By Date and the meaning of the words alone. */
  function holds({ kind, ...c }: any, number: number, references: Record<string, number>): boolean {
    const date = new Date(number * 86_400_000);
    switch (kind) {
      case 'exact': return number === c.date;
      case 'after': return number > c.date;
      case 'before': return number < c.date;
      case 'between': return number >= c.first && number <= c.last;
      case 'days-after': return number - references[c.reference]! === c.days;
      case 'days-before': return references[c.reference]! - number === c.days;
      case 'in-year': return date.getUTCFullYear() === c.year;
      case 'in-month': return date.getUTCMonth() + 1 === c.month;
      case 'day-of-week': return date.getUTCDay() === c.day;
      case 'day-of-month': return date.getUTCDate() === c.day;
      default: throw new Error(kind);
    }
  }

  it('find all dates, each of them, of any constraints', async () => {
    const { prepare } = await load<any>('constraints.mjs');
    const { STRATEGIES, walk } = await load<any>('strategies.mjs');
    const random = new Random(2);
    const seen = new Set<string>();
    for (let k = 0; k < runs(300); k++) {
      const start = 10_000 + random.integer(8000);
      const length = random.integer(500);
      const near = () => start + random.integer(length + 40) - 20;
      const any: Constraint[] = [
        { kind: 'exact', date: near() },
        { kind: 'after', date: near() },
        { kind: 'before', date: near() },
        { kind: 'days-after', reference: 'r', days: random.integer(60) },
        { kind: 'days-before', reference: 'r', days: random.integer(60) },
        { kind: 'in-year', year: new Date(near() * 86_400_000).getUTCFullYear() },
        { kind: 'in-month', month: 1 + random.integer(12) },
        { kind: 'day-of-week', day: random.integer(7) },
        { kind: 'day-of-month', day: 1 + random.integer(31) },
        { kind: 'in-month', month: 1 + random.integer(12) },
      ];
      const constraints = [{ kind: 'between', first: start, last: start + length }, ...any.filter(() => random.uniform() < 0.25)];
      for (const { kind } of constraints) seen.add(kind);
      const references = { r: near() };
      const expected = Array.from({ length: length + 1 }, (_, d) => start + d).filter((d) => constraints.every((c) => holds(c, d, references)));
      const search = prepare({ constraints, references });
      for (const strategy of Object.keys(STRATEGIES)) {
        const { dates, steps, done } = walk(search, strategy);
        expect([strategy, dates, done]).toEqual([strategy, expected, true]);
        expect(steps).toBeGreaterThanOrEqual(expected.length);
        if (steps > 0) expect(walk(search, strategy, steps - 1)).toMatchObject({ done: false, steps: steps - 1 });
      }
    }
    expect(seen.size).toBe(10);
  });

  it('differ in steps, and none is always the best', async () => {
    const { prepare } = await load<any>('constraints.mjs');
    const { walk } = await load<any>('strategies.mjs');
    const year = { kind: 'in-year', year: 2026 };
    const steps = (strategy: string, ...constraints: Constraint[]) => walk(prepare({ constraints: [year, ...constraints], references: {} }), strategy).steps as number;
    const friday = { kind: 'day-of-week', day: 5 };
    const thirteenth = { kind: 'day-of-month', day: 13 };
    const may = { kind: 'in-month', month: 5 };
    expect([steps('days', friday), steps('weekday', friday)]).toEqual([365, 52]);
    expect([steps('dayOfMonth', friday, thirteenth), steps('weekday', friday, thirteenth)]).toEqual([12, 52]);
    expect(steps('together', friday, thirteenth)).toBeGreaterThan(12);
    expect(steps('together', friday, may)).toBeLessThan(steps('months', friday, may));
    expect(steps('months', friday, may)).toBe(31);
  });
});

describe('puzzles', () => {
  it('are solved by their hidden date, and keep their truth under noise', async () => {
    const { addNoise, makePuzzle } = await load<any>('puzzles.mjs');
    const { Random: Draws } = await load<any>('random.mjs');
    const draws = new Draws(3);
    let spoiled = 0;
    for (let k = 0; k < 500; k++) {
      const puzzle = makePuzzle(draws, 1, 10) as Puzzle;
      expect(puzzle.truth.length).toBeGreaterThan(0);
      const noisy = addNoise(puzzle, draws) as Puzzle;
      expect(noisy.truth).toEqual(puzzle.truth);
      expect(noisy.constraints.map(({ kind }) => kind)).toEqual(puzzle.constraints.map(({ kind }) => kind));
      if (JSON.stringify(noisy.constraints) !== JSON.stringify(puzzle.constraints)) spoiled++;
    }
    expect(spoiled).toBeGreaterThan(200);
    expect(spoiled).toBeLessThan(500);
  });
});

describe('the acceptance test', () => {
  it('is passed by the bandit: all solved, in fewer steps than the original takes', async () => {
    const { acceptance } = await load<{ acceptance: (bandit: object, options: object) => Record<'A' | 'B' | 'C', Cycle[]> }>('acceptance.mjs');
    const { STRATEGIES } = await load<any>('strategies.mjs');
    const seeds = runs(10);
    let [last, all, rule, together] = [0, 0, 0, 0];
    for (let seed = 1; seed <= seeds; seed++) {
      using bandit = await createBandit({ engine, arms: Object.keys(STRATEGIES), seed });
      const { A, B, C } = acceptance(bandit, { seed });
      for (const { accuracy } of [...A, ...B, ...C]) expect(accuracy).toBe(1);
      // The same puzzles in every cycle: what changes is what was learned.
      expect(new Set(B.map(({ stepsPerSolve }) => stepsPerSolve)).size).toBe(1);
      expect(C.at(-1)!.stepsPerSolve).toBeLessThan(C[0]!.stepsPerSolve);
      expect(C.at(-1)!.noisyAccuracy).toBe(B[0]!.noisyAccuracy);
      last += C.at(-1)!.stepsPerSolve / seeds;
      all += C.reduce((sum, { stepsPerSolve }) => sum + stepsPerSolve, 0) / C.length / seeds;
      rule += A[0]!.stepsPerSolve / seeds;
      together += B[0]!.stepsPerSolve / seeds;
    }
    // Mode C of the original, at the same setting.
    const ORIGINAL = 72.5;
    expect(last).toBeLessThan(ORIGINAL);
    expect(all).toBeLessThan(ORIGINAL);
    expect(last).toBeLessThan(0.75 * rule);
    // About as good as the best single strategy, which it had to find.
    expect(last).toBeLessThan(1.03 * together);
  });

  it('runs from the command line', () => {
    const printed = execFileSync(process.execPath, [fileURLToPath(new URL('calendar.mjs', folder)), '1'], { encoding: 'utf8' });
    const row = (mode: string) => new RegExp(`^${mode}, .*?(\\d+) % +(\\d+) % +([\\d. ]+)$`, 'm').exec(printed)!;
    for (const mode of ['A', 'B', 'C']) expect(row(mode)[1]).toBe('100');
    const steps = row('C')[3]!.trim().split(/ +/).map(Number);
    expect(steps).toHaveLength(5);
    expect(steps.at(-1)).toBeLessThan(72.5);
    expect(printed).toMatch(/\d+ runs in \d+ contexts, \d+ of them cut off; \d+ ms in all/);
  });
});
