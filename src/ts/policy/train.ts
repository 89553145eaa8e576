import { TRAINED } from './families/families.js';
import { learn, learnAll } from './learner.js';
import type { LearningPolicy } from './learning-policy.js';
import { Oracle } from './oracle.js';
import { SeededRandom } from './random.js';
import type { PolicySystem, ProblemSource, TrainOptions, TrainReport } from './training.js';
import type { Engine } from '../engine.js';
import { checkChoice, checkNumber, checkOptions, describe, LacunaError, SparseMatrix } from '../shared.js';

/** Systems of the trained families in turn, without end. */
export function* familySystems(seed: number): Generator<PolicySystem> {
  const random = new SeededRandom(seed);
  for (let k = 0; ; k++) yield TRAINED[k % TRAINED.length]!.sample(random);
}

/** Learns from the systems of a source. */
export async function train(
  policy: LearningPolicy,
  engine: Engine,
  source: ProblemSource | undefined,
  options: TrainOptions | undefined,
): Promise<TrainReport> {
  const given = checkOptions(options, ['runs', 'systems', 'seed', 'witness']);
  const all = checkChoice('runs', given.runs, ['proposed', 'all']) === 1;
  const most = checkNumber('systems', given.systems, source === undefined ? 280 : Infinity, 'an integer of at least 1', (v) => v >= 1 && (v === Infinity || Number.isSafeInteger(v)));
  const seed = checkNumber('seed', given.seed, 1, 'an integer', Number.isSafeInteger);
  const oracle = new Oracle((A, plan) => engine.createSolver(A, plan), policy.arms());
  const report = { systems: 0, solved: 0, work: 0 };
  for await (const system of source ?? familySystems(seed)) {
    checkSystem(system, report.systems);
    const { certified, work } = await (all ? learnAll(policy, engine, oracle, system) : learn(policy, engine, system));
    report.systems++;
    report.solved += Number(certified);
    report.work += work;
    if (report.systems >= most) break;
  }
  given.witness?.append({ kind: 'train', report: { ...report, runs: all ? 'all' : 'proposed', seed } });
  return report;
}

function checkSystem(system: PolicySystem, index: number): void {
  if (system?.A instanceof SparseMatrix && system.b?.length === system.A.rows) return;
  throw new LacunaError('invalid-argument', `must give systems { A, b } with as many values in b as A has rows, got ${describe(system)}`, {
    argument: 'source',
    position: index,
  });
}
