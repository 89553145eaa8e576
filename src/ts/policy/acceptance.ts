import type { Family } from './families/family.js';
import { HELD_OUT, TRAINED } from './families/families.js';
import { perturbed } from './families/noise.js';
import type { AcceptanceManifest, AcceptanceOptions, CycleRecord, FamilyRecord, Interval, Verdict } from './manifest.js';
import { fixedPlan, Laboratory, type Results } from './modes.js';
import { Oracle } from './oracle.js';
import type { MakeSolver } from './outcome.js';
import { learn, planOf } from './learner.js';
import type { LearningPolicy } from './learning-policy.js';
import { SeededRandom } from './random.js';
import { bootstrap, geometricMean } from './statistics.js';
import type { PolicySystem } from './training.js';
import type { Engine } from '../engine.js';
import { checkNumber, checkOptions } from '../shared.js';

/** Modes by their letters. */
type Mode = 'a' | 'b' | 'c';

/** A fall of the solve rate for which a cycle of learning is taken back. */
const TOLERATED_FALL = 0.05;

/**
 * Compares three ways to choose a plan on systems that none of them learns from: see
 * {@link AcceptanceManifest} for what is measured, and what passes.
 *
 * Time: the oracle runs every plan on the holdout and on the training systems of the first cycle, about
 * 0.1 s a system; everything else comes to less.
 */
export async function acceptance(policy: LearningPolicy, engine: Engine, options: AcceptanceOptions | undefined): Promise<AcceptanceManifest> {
  const settings = checkAcceptance(options);
  const rules = policy.sibling({ learning: 'memory', seed: settings.seed });
  const learned = policy.sibling({ seed: settings.seed });
  try {
    learned.merge(policy);
    return await compare(engine, rules, learned, settings);
  } finally {
    rules.dispose();
    learned.dispose();
  }
}

async function compare(engine: Engine, rules: LearningPolicy, learned: LearningPolicy, settings: Settings): Promise<AcceptanceManifest> {
  const { holdout, training, cycles, budget, seed, noise, witness } = settings;
  const make: MakeSolver = (A, given) => engine.createSolver(A, given);
  const laboratory = new Laboratory(make);
  const oracle = new Oracle(make, learned.arms());
  const families = [...TRAINED, ...HELD_OUT];
  const clean = draw(families, holdout, new SeededRandom(seed));
  const shaken = clean.map((system, k) => perturbed(system, new SeededRandom(seed + 31_337 * (k + 1)), noise));
  const least = await leastWork(oracle, clean);

  const records: Record<Mode, CycleRecord[]> = { a: [], b: [], c: [] };
  const last = {} as Record<Mode, { clean: Results; noisy: Results }>;
  let rated: FamilyRecord[] = [];
  for (let cycle = 0; cycle < cycles; cycle++) {
    const lessons = lessonsOf(families, training, seed + 7_919 * (cycle + 1), noise);
    if (cycle === 0) rated = await rate(families, lessons, laboratory, oracle, seed);
    for (const learner of [rules, learned]) {
      learner.checkpoint();
      for (const system of lessons) await learn(learner, engine, system);
    }
    for (const [mode, learner] of [['a', undefined], ['b', rules], ['c', learned]] as const) {
      const choose = learner === undefined ? fixedPlan : planOf(learner);
      const results = { clean: await laboratory.evaluate(clean, choose, budget), noisy: await laboratory.evaluate(shaken, choose, budget) };
      const before = records[mode].at(-1);
      const record = { ...measure(results, least), cycle, rolledBack: false };
      if (learner !== undefined && before !== undefined && record.solveRate < before.solveRate - TOLERATED_FALL) {
        learner.rollback();
        records[mode].push({ ...before, cycle, rolledBack: true });
      } else {
        records[mode].push(record);
        last[mode] = results;
      }
      witness?.append({ kind: 'acceptance', report: { mode, ...records[mode].at(-1)! } });
    }
  }

  const verdicts = judge(last, least, clean, rated, families, new SeededRandom(seed));
  const manifest: AcceptanceManifest = {
    version: 1,
    settings: { holdout, training, cycles, budget: budget < Infinity ? budget : null, seed, noise, learning: learned.learning },
    families: rated,
    modes: records,
    verdicts,
    passed: Object.values(verdicts).every(({ passed }) => passed),
  };
  witness?.append({ kind: 'acceptance', report: manifest });
  return manifest;
}

type Settings = ReturnType<typeof checkAcceptance>;

function checkAcceptance(options: AcceptanceOptions | undefined) {
  const given = checkOptions(options, ['holdout', 'training', 'cycles', 'budget', 'seed', 'noise', 'witness']);
  const count = (name: 'holdout' | 'training' | 'cycles', fallback: number, least: number) =>
    checkNumber(name, given[name], fallback, `an integer from ${least} to 100000`, (v) => Number.isInteger(v) && v >= least && v <= 100_000);
  return {
    holdout: count('holdout', 95, 1),
    training: count('training', 95, 0),
    cycles: count('cycles', 3, 1),
    budget: checkNumber('budget', given.budget, Infinity, 'a positive number', (v) => v > 0),
    seed: checkNumber('seed', given.seed, 1, 'an integer', Number.isSafeInteger),
    noise: checkNumber('noise', given.noise, 0.01, 'a number from 0 to 1', (v) => v >= 0 && v <= 1),
    witness: given.witness,
  };
}

/** Systems of the families in turn. */
function draw(families: readonly Family[], count: number, random: SeededRandom): PolicySystem[] {
  return Array.from({ length: count }, (_, k) => families[k % families.length]!.sample(random));
}

function lessonsOf(families: readonly Family[], count: number, seed: number, noise: number): PolicySystem[] {
  const random = new SeededRandom(seed);
  const lessons = draw(families, count, random);
  for (let k = 3; k < count; k += 4) lessons[k] = perturbed(lessons[k - 1]!, random, noise);
  return lessons;
}

/** What the cheapest certified plan costs; infinity where there is none. */
async function leastWork(oracle: Oracle, systems: readonly PolicySystem[]): Promise<Float64Array> {
  const least = new Float64Array(systems.length);
  for (const [k, system] of systems.entries()) least[k] = (await oracle.best(system))?.work ?? Infinity;
  return least;
}

/** Holds the rules against the oracle, family by family. */
async function rate(
  families: readonly Family[],
  lessons: readonly PolicySystem[],
  laboratory: Laboratory,
  oracle: Oracle,
  seed: number,
): Promise<FamilyRecord[]> {
  const least = await leastWork(oracle, lessons);
  const { work } = await laboratory.evaluate(lessons, () => ({}), Infinity);
  return families.map(({ name }, f) => {
    // A perturbed copy is of the family of what it was copied from.
    const members = Array.from(lessons.keys()).filter((k) => familyOf(k, families.length) === f && least[k]! < Infinity);
    if (members.length === 0) return { name, systems: 0, rulesOverOracle: 1, rulesWrong: false };
    const ratio = (cases: Int32Array) => sum(work, cases, members) / sum(least, cases, members);
    const { estimate, low } = bootstrap(members.length, ratio, new SeededRandom(seed));
    return { name, systems: members.length, rulesOverOracle: estimate, rulesWrong: estimate >= 1.33 && low > 1.1 };
  });
}

function familyOf(lesson: number, families: number): number {
  return (lesson % 4 === 3 ? lesson - 1 : lesson) % families;
}

function sum(values: Float64Array, cases: Int32Array, members?: readonly number[]): number {
  return cases.reduce((total, k) => total + values[members === undefined ? k : members[k]!]!, 0);
}

/** Cost per solved system, of some cases. */
function costPerSolve({ work, solved }: Results, cases: Int32Array, members?: readonly number[]): number {
  const count = cases.reduce((total, k) => total + solved[members === undefined ? k : members[k]!]!, 0);
  return sum(work, cases, members) / count;
}

function rateOf({ solved }: Results, cases: Int32Array): number {
  return cases.reduce((total, k) => total + solved[k]!, 0) / cases.length;
}

function measure({ clean, noisy }: { clean: Results; noisy: Results }, least: Float64Array) {
  const all = Int32Array.from(least.keys());
  return {
    solveRate: rateOf(clean, all),
    costPerSolve: costPerSolve(clean, all),
    noisySolveRate: rateOf(noisy, all),
    noisyCostPerSolve: costPerSolve(noisy, all),
    regret: regretOf(clean, least, all),
  };
}

function regretOf({ work, solved }: Results, least: Float64Array, cases: Int32Array): number {
  return geometricMean(Array.from(cases.filter((k) => solved[k] === 1), (k) => work[k]! / least[k]!));
}

function judge(
  { a, b, c }: Record<Mode, { clean: Results; noisy: Results }>,
  least: Float64Array,
  clean: readonly PolicySystem[],
  rated: readonly FamilyRecord[],
  families: readonly Family[],
  random: SeededRandom,
): AcceptanceManifest['verdicts'] {
  const count = clean.length;
  const wrong = Array.from(clean.keys()).filter((k) => rated[k % families.length]!.rulesWrong);
  const over = (mine: Results, other: Results, members?: readonly number[]): Interval =>
    members?.length === 0
      ? { estimate: NaN, low: NaN, high: NaN, level: 0.95 }
      : bootstrap(members?.length ?? count, (cases) => costPerSolve(mine, cases, members) / costPerSolve(other, cases, members), random);
  const difference = (mine: Results, other: Results): Interval =>
    bootstrap(count, (cases) => rateOf(mine, cases) - rateOf(other, cases), random);
  const atMost = (value: Interval, limit: number): Verdict => ({ passed: value.estimate <= limit, value, limit, rule: 'at-most' });
  const atLeast = (value: Interval, limit: number): Verdict => ({ passed: value.estimate >= limit, value, limit, rule: 'at-least' });
  return {
    solveRate: atLeast(difference(c.clean, a.clean), 0),
    costOverFixed: atMost(over(c.clean, a.clean), 0.75),
    costOverRules: atMost(over(c.clean, b.clean, wrong), 0.9),
    rulesOverFixed: atMost(over(b.clean, a.clean), 1),
    robustness: atLeast(difference(c.noisy, a.noisy), 0),
    regret: atMost(bootstrap(count, (cases) => regretOf(c.clean, least, cases), random), 1.3),
  };
}
