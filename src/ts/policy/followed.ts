import { workOf } from './work.js';
import type { PolicyArm, PolicyOutcome, PolicyProposal } from './policy.js';
import type { Attempt, SetupReport, SolveReport } from '../report.js';

/** A plan that was run though it was not proposed. */
export interface Followed {
  readonly arm: string;
  readonly outcome: PolicyOutcome;
}

/**
 * What the ladder tells of plans that were not proposed: of what answered in the place of a plan that failed
 * or was cut off in its set-up, what that costs alone; of what the rules tried first, that it failed; and of
 * the rules, what they cost where the proposed plan failed that they begin with. Nothing where more than the
 * last rung got to an answer. `total`: the work of everything.
 */
export function followedBy(
  proposal: Pick<PolicyProposal, 'arm' | 'method'>,
  rulesArm: string,
  arms: readonly PolicyArm[],
  setup: SetupReport,
  report: SolveReport,
  rhsCount: number,
  total: number,
): Followed[] {
  const { attempts } = report;
  const [first, last] = [attempts[0], attempts.at(-1)];
  if (first === undefined || last === undefined || first === last || !report.converged) return [];
  if (last.outcome !== 'used' || attempts.slice(0, -1).some(({ outcome }) => outcome === 'used')) return [];
  const found: Followed[] = [];
  const add = (arm: string | undefined, outcome: PolicyOutcome) => {
    if (arm !== undefined && arm !== proposal.arm) found.push({ arm, outcome });
  };
  const alone = { ...setup, attempts: [last] };
  const before = workOf(alone, []);
  add(nameOf(arms, last), { certified: true, work: before + rhsCount * (workOf(alone, [{ ...report, attempts: [last] }]) - before) });
  const tried = arms.find(({ name }) => name === rulesArm);
  if (first.method !== tried?.method || !FAILED.has(first.outcome)) return found;
  if (proposal.method === 'auto') add(rulesArm, { certified: false, work: total });
  else add('auto', { certified: true, work: total });
  return found;
}

/** Ends of a set-up that lie in the matrix, not in a limit. */
const FAILED = new Set<Attempt['outcome']>(['singular-matrix', 'indefinite-matrix', 'breakdown']);

/** The arm that a rung of the ladder is, in an order of its own. */
function nameOf(arms: readonly PolicyArm[], { method, preconditioner }: Attempt): string | undefined {
  return arms.find((one) => one.method === method && one.preconditioner === preconditioner && one.ordering === 'auto')?.name;
}
