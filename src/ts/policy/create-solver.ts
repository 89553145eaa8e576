import type { Engine } from '../engine.js';
import type { AsyncControls, SolverOptions } from '../options.js';
import type { SetupReport, SolveReport } from '../report.js';
import type { Solver } from '../solver.js';
import type { Recorder, WitnessChain } from '../witness/witness.js';
import { followedBy } from './followed.js';
import type { LearningPolicy } from './learning-policy.js';
import type { PolicyFeatures, PolicyOutcome, PolicyProposal, PolicySolverOptions } from './policy.js';
import { race } from './race.js';
import { flopsWithin, workOf } from './work.js';
import { checkNumber, checkObject, LacunaError, SparseMatrix } from '../shared.js';

/** Errors of a set-up that tell of the plan; others are about arguments, memory or a stop. */
const FAILURES = new Set<string>(['singular-matrix', 'indefinite-matrix', 'not-symmetric', 'breakdown', 'too-large', 'out-of-memory']);
/** Ends of a solve that tell nothing of the plan. */
const STOPPED = new Set<string>(['cancelled', 'budget']);

/** What of a plan is an option of a solver. */
export type PlanOptions = Pick<SolverOptions, 'method' | 'preconditioner' | 'ordering' | 'prefer' | 'maxFlops'>;

/** A solver by a plan of the policy, which is told what came of it. */
export async function createPlannedSolver(policy: LearningPolicy, engine: Engine, A: SparseMatrix, options: PolicySolverOptions = {}): Promise<Solver> {
  checkObject(options);
  const { rhsCount, witness, ...rest } = options;
  const { method, preconditioner, ordering, rtol } = rest;
  const job = {
    rhsCount: checkNumber('rhsCount', rhsCount, 1, 'an integer of at least 1', (v) => Number.isSafeInteger(v) && v >= 1),
    ...(rtol !== undefined && { rtol }),
  };
  const proposal = policy.propose(A, {
    ...job,
    ...(method !== undefined && { method }),
    ...(preconditioner !== undefined && { preconditioner }),
    ...(ordering !== undefined && { ordering }),
  });
  const run = (planned: PolicyProposal) => new PlannedRun(policy, planned, job.rhsCount, witness);
  const raced = await createRaced(policy, engine, A, rest, proposal, run);
  return raced ?? run(proposal).create(engine, A, rest);
}

/** The better of two plans, where the policy proposed two that can be run side by side. */
async function createRaced(
  policy: LearningPolicy,
  engine: Engine,
  A: SparseMatrix,
  { timeLimit, onProgress: _, slice: __, signal, ...rest }: SolverOptions & AsyncControls,
  proposal: PolicyProposal,
  run: (planned: PolicyProposal) => PlannedRun,
): Promise<Solver | undefined> {
  const other = proposal.second && policy.arms().find(({ name }) => name === proposal.second!.arm);
  if (other === undefined || rest.setup === 'lazy' || timeLimit !== undefined || A.rows !== A.cols) return undefined;
  const { name, ...plan } = other;
  const runs = [run(proposal), run({ ...proposal, ...plan, arm: name, limit: proposal.second!.limit })] as const;
  const solvers: Solver[] = [];
  try {
    for (const one of runs) solvers.push(await one.begin(engine, A, rest));
    const [first, second] = solvers as [Solver, Solver];
    if (!first.report.sliceable || !second.report.sliceable) return undefined;
    const won = await race([{ solver: first, share: 1 }, { solver: second, share: 0.5 }], signal);
    if (won === undefined) return undefined;
    policy.raced(won.solver === second);
    runs[won.solver === second ? 1 : 0].take();
    solvers.splice(solvers.indexOf(won.solver), 1);
    return won.solver;
  } finally {
    for (const solver of solvers) solver.dispose();
  }
}

/** The options that stand for a proposal: none for the rules. */
export function planOptions({ method, preconditioner, ordering, limit }: PolicyProposal, A: SparseMatrix): PlanOptions {
  if (method === 'auto' || preconditioner === 'auto') return {};
  const maxFlops = limit === Infinity ? Infinity : Math.max(1, flopsWithin(limit, A, method, preconditioner, ordering));
  return { method, preconditioner, ordering, prefer: true, maxFlops };
}

/** One use of a plan: told of its set-ups, and of the first full solve after each. */
class PlannedRun {
  readonly #policy: LearningPolicy;
  readonly #proposal: PolicyProposal;
  #features: PolicyFeatures;
  /** Values that came with an update, whose features are taken once they are solved with. */
  #values: Float64Array | undefined;
  readonly #rhsCount: number;
  readonly #chain: WitnessChain | undefined;
  #witness: Recorder | undefined;
  #matrix: SparseMatrix | undefined;
  #solver: Solver | undefined;
  #setup: SetupReport | undefined;
  #racing = false;
  #done = false;

  constructor(policy: LearningPolicy, proposal: PolicyProposal, rhsCount: number, chain: WitnessChain | undefined) {
    this.#policy = policy;
    this.#proposal = proposal;
    this.#features = policy.featuresOf(proposal);
    this.#rhsCount = rhsCount;
    this.#chain = chain;
  }

  /** Sets a solver up by the plan. */
  async create(engine: Engine, A: SparseMatrix, options: SolverOptions & AsyncControls): Promise<Solver> {
    const { method } = this.#proposal;
    try {
      this.#solver = await engine.createSolver(A, { ...options, ...planOptions(this.#proposal, A), witness: this.#watched() });
      return this.#solver;
    } catch (error) {
      if (method !== 'auto' && error instanceof LacunaError && FAILURES.has(error.code)) this.#record({ certified: false, work: 0 });
      throw error;
    }
  }

  /** A solver that is yet to be set up, for a race, of which a witness hears nothing. */
  begin(engine: Engine, A: SparseMatrix, options: SolverOptions): Promise<Solver> {
    this.#racing = true;
    return this.create(engine, A, { ...options, setup: 'lazy' });
  }

  /** From now on it is the caller's. */
  take(): void {
    this.#racing = false;
    this.#witness?.built(this.#solver!.report);
  }

  #watched(): WitnessChain {
    const watch = (matrix: SparseMatrix): Recorder => {
      this.#matrix = matrix;
      const witness = (this.#witness = this.#chain?.watch(matrix));
      return {
        // One more for what the policy learns.
        expect: (entries) => witness?.expect(entries + 1),
        built: (report, values) => {
          this.#setup = report;
          if (values !== undefined) this.#updated(values);
          if (!this.#racing) witness?.built(report, values);
        },
        solved: (request, rhs, x, report) => {
          if (!this.#racing) witness?.solved(request, rhs, x, report);
          this.#solved(report);
        },
      };
    };
    return { watch } as WitnessChain;
  }

  /** Other numbers on the pattern are another system, of which the plan is told what it would cost from the beginning. */
  #updated(values: Float64Array): void {
    this.#values = values.slice();
    this.#done = false;
  }

  #solved(report: SolveReport): void {
    // That of the solver has what was set up for this solve, too.
    const setup = this.#solver?.report ?? this.#setup;
    const stopped = STOPPED.has(report.reason);
    if (setup === undefined || this.#done || (stopped && !this.#racing)) return;
    const { method, preconditioner, ordering, limit } = this.#proposal;
    const before = workOf(setup, [], ordering);
    const work = before + this.#rhsCount * (workOf(setup, [report], ordering) - before);
    const byRules = method === 'auto';
    const answered = byRules || (report.method === method && report.preconditioner === preconditioner);
    if (answered && stopped) return this.#record({ certified: false, censored: true, work });
    if (answered && report.converged) {
      this.#record({ certified: true, work, firstRung: byRules && report.attempts.length === 1 });
      return this.#tell(setup, report, work);
    }
    // The last of them tells how the answer was judged, where there was one.
    const outcome = report.attempts.filter((one) => one.method === method && one.preconditioner === preconditioner).at(-1)?.outcome;
    const cut = !byRules && limit < Infinity && (outcome === 'over-budget' || outcome === 'max-iterations');
    this.#record(cut ? { certified: false, censored: true, work: limit } : { certified: false, work });
    this.#tell(setup, report, work);
  }

  /** Takes the features of updated values; false where memory is short, which is no reason to withhold an answer. */
  #measured(): boolean {
    const values = this.#values;
    if (values === undefined) return true;
    this.#values = undefined;
    const { rhsCount, rtol } = this.#features;
    const { rows, cols } = this.#matrix!;
    const { indptr, indices } = this.#matrix!.csrViews();
    try {
      this.#features = this.#policy.features(SparseMatrix.fromCsr(rows, cols, indptr, indices, values), { rhsCount, rtol });
      return true;
    } catch (error) {
      if (error instanceof LacunaError && error.code === 'out-of-memory') return false;
      throw error;
    }
  }

  /** Tells of what was run in the place of the plan. */
  #tell(setup: SetupReport, report: SolveReport, work: number): void {
    if (this.#policy.disposed || this.#racing) return;
    const { rulesArm } = this.#features;
    for (const { arm, outcome } of followedBy(this.#proposal, rulesArm, this.#policy.arms(), setup, report, this.#rhsCount, work)) {
      if (this.#features.arms.includes(arm)) this.#policy.observe(this.#features, arm, outcome);
    }
  }

  #record(outcome: PolicyOutcome): void {
    this.#done = true;
    if (this.#policy.disposed || !this.#measured()) return;
    this.#policy.close(this.#proposal.ticket);
    this.#policy.learn(this.#features, this.#proposal.arm, this.#proposal.source, outcome, this.#chain);
  }
}
