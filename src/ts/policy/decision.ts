import type { PolicyCore } from '#policy-core';
import type { PolicyCandidate, PolicyExplanation, PolicyFeatures, PolicyProposal, PolicySource, RememberedPlan } from './policy.js';
import { doubles } from '../shared.js';

/** Codes of the core: see src/cpp/lacuna/policy/policy.hpp and plan_memory.hpp. */
export const SOURCES = ['rules', 'memory', 'bandit', 'challenge', 'observed'] as const satisfies readonly PolicySource[];
export const TRUSTS = ['volatile', 'trusted', 'quarantined'] as const satisfies readonly RememberedPlan['trust'][];

// Layout of a decision, as in bindings/embind/policy_policy.cpp.
const ENTRY = 8;
const HEAD = 16;
const CANDIDATE = 7;
const COUNT = 6;

/** A decision in numbers. */
export class Decision {
  readonly #numbers: Float64Array;

  constructor(core: PolicyCore, address: number) {
    const count = core.HEAPF64[(address >>> 0) / 8 + COUNT]!;
    this.#numbers = doubles(core, address, HEAD + count * CANDIDATE);
  }

  get arm(): number {
    return this.#numbers[0]!;
  }

  get source(): number {
    return this.#numbers[1]!;
  }

  get limit(): number {
    return this.#numbers[2]!;
  }

  /** −1 where there is none. */
  get second(): number {
    return this.#numbers[3]!;
  }

  get secondLimit(): number {
    return this.#numbers[4]!;
  }

  get bucket(): number {
    return this.#numbers[5]!;
  }

  remembered(arms: readonly string[]): RememberedPlan | undefined {
    if (this.#numbers[ENTRY - 1] === 0) return undefined;
    const [arm, trust, uses, successes, counterexamples, survived, confidence, cost] = this.#numbers.subarray(ENTRY, HEAD) as unknown as number[];
    return {
      arm: arms[arm!]!,
      trust: TRUSTS[trust!]!,
      uses: uses!,
      successes: successes!,
      counterexamples: counterexamples!,
      survived: survived!,
      confidence: confidence!,
      cost: cost!,
    };
  }

  candidates(arms: readonly string[]): PolicyCandidate[] {
    const found: PolicyCandidate[] = [];
    for (let at = HEAD; at < this.#numbers.length; at += CANDIDATE) {
      const [arm, mean, deviation, safety, runs, prior, score] = this.#numbers.subarray(at, at + CANDIDATE) as unknown as number[];
      found.push({
        arm: arms[arm!]!,
        cost: Math.exp(mean!),
        factor: Math.exp(deviation!),
        safety: safety!,
        runs: runs!,
        priorCost: Math.exp(prior!),
        score: score!,
      });
    }
    return found.sort((a, b) => a.cost - b.cost);
  }
}

/** What {@link Policy.explain} says of a decision. */
export function explanation(
  decision: Decision,
  proposal: PolicyProposal,
  features: PolicyFeatures,
  context: string,
  arms: readonly string[],
): PolicyExplanation {
  const remembered = decision.remembered(arms);
  const candidates = decision.candidates(arms);
  return {
    proposal,
    features,
    context,
    ...(remembered && { remembered }),
    candidates,
    why: reason(proposal, remembered, candidates),
  };
}

function reason({ arm, source, limit }: PolicyProposal, remembered: RememberedPlan | undefined, candidates: readonly PolicyCandidate[]): string {
  const within = limit === Infinity ? '' : `, to be left after ${limit.toPrecision(3)} units`;
  switch (source) {
    case 'rules':
    case 'observed':
      return `${arm}: learning is off, or nothing else fits`;
    case 'memory':
      return `${arm}: worked ${remembered!.successes} of ${remembered!.uses} times on this pattern (${remembered!.trust})${within}`;
    case 'challenge':
      return `${arm}: tried against ${remembered!.arm}, which worked on this pattern${within}`;
    case 'bandit': {
      const rank = candidates.findIndex((one) => one.arm === arm);
      const chosen = candidates[rank]!;
      const place = rank === 0 ? 'expected to be cheapest' : `cheapest by what was drawn, number ${rank + 1} by what is expected`;
      return `${arm}: ${place} of ${candidates.length}, ${chosen.cost.toPrecision(3)} units within a factor of ${chosen.factor.toPrecision(2)} after ${chosen.runs} runs${within}`;
    }
  }
}
