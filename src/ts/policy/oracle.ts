import type { PolicySystem } from './training.js';
import { type MakeSolver, type Outcome, type Plan, planOfArm, planOutcome } from './outcome.js';
import type { PolicyArm } from './policy.js';

/** What came of one plan. */
export interface PlanOutcome extends Outcome {
  /** Its name. */
  readonly arm: string;
}

/** A plan is given up once it costs so many times what the cheapest has. */
const CUT_OFF = 5;

/** Orders of a factorization that in its own order costs so many times as much are not tried: none is so much better. */
const HOPELESS = 3;

/**
 * Knows what every plan costs on a system by running them all: what learned choices are held against.
 * Outcomes are kept as long as the system is. Factorizations in their own order run first; what is
 * hopeless by then is cut off, which changes nothing about the best.
 */
export class Oracle {
  readonly #make: MakeSolver;
  readonly #arms: readonly PolicyArm[];
  readonly #known = new WeakMap<PolicySystem, Promise<readonly PlanOutcome[]>>();

  /** Of these plans; the rules among them are left out. */
  constructor(make: MakeSolver, arms: readonly PolicyArm[]) {
    this.#make = make;
    const rank = ({ method, ordering }: PolicyArm) => Number(method === 'cg' || method === 'bicgstab') + 2 * Number(method === 'qr') + 3 * Number(ordering !== 'auto');
    this.#arms = [...arms].sort((p, q) => rank(p) - rank(q));
  }

  /** What came of each plan that fits the matrix. */
  outcomes(system: PolicySystem): Promise<readonly PlanOutcome[]> {
    let found = this.#known.get(system);
    if (found === undefined) this.#known.set(system, (found = this.#run(system)));
    return found;
  }

  /** The cheapest certified outcome; undefined where no plan has one. */
  async best(system: PolicySystem): Promise<PlanOutcome | undefined> {
    return cheapest(await this.outcomes(system));
  }

  async #run(system: PolicySystem): Promise<readonly PlanOutcome[]> {
    const outcomes: PlanOutcome[] = [];
    for (const arm of this.#arms) {
      const plan = planOfArm(arm);
      const least = cheapest(outcomes)?.work ?? Infinity;
      if (plan === undefined || isHopeless(plan, outcomes, least)) continue;
      const outcome = await planOutcome(this.#make, system, plan, CUT_OFF * least);
      if (outcome !== undefined) outcomes.push({ arm: arm.name, ...outcome });
    }
    return outcomes;
  }
}

/** Whether what is known of other plans says that this one cannot be the cheapest. */
function isHopeless({ method, ordering }: Plan, outcomes: readonly PlanOutcome[], least: number): boolean {
  // QR takes at least the work of LU, and iterations are none the better for an order.
  const like = method === 'qr' ? 'lu' : ordering === 'auto' ? undefined : method;
  const known = outcomes.find(({ arm }) => arm === like);
  return known !== undefined && known.certified && known.work > HOPELESS * least;
}

function cheapest(outcomes: readonly PlanOutcome[]): PlanOutcome | undefined {
  return outcomes.reduce<PlanOutcome | undefined>(
    (best, outcome) => (outcome.certified && !(best !== undefined && best.work <= outcome.work) ? outcome : best),
    undefined,
  );
}
