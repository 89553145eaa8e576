import createPolicyCore, { type PolicyCore } from '#policy-core';
import type { LoadOptions } from '../load/platform.js';
import type { PolicyMaker } from '../parts.js';
import { type Host, instantiate } from '../shared.js';
import { Chain } from '../witness/chain.js';
import { Hasher } from '../witness/hasher.js';
import { verifyWitness } from '../witness/verify.js';
import shipped from './default-policy.json' with { type: 'json' };
import { LearningPolicy } from './learning-policy.js';
import type { PolicyOptions, PolicyState } from './policy.js';
import { ThompsonBandit } from './thompson-bandit.js';

/** The part of the package about policy and witness: loaded when the first policy or bandit is made, or the first witness made or checked. */
export interface PolicyPart {
  /** Starts the compiled module. */
  start(module: WebAssembly.Module, options: LoadOptions): Promise<PolicyMaker>;
}

/** In the package, what is shared comes as an argument: see scripts/build.mjs. */
export default function policyPart(): PolicyPart {
  return {
    async start(module, options) {
      const instance = await instantiate(createPolicyCore, module, options);
      return {
        instance,
        newPolicy: (given) => newPolicy(instance, given),
        newWitness: (given) => new Chain(instance, given),
        verifyWitness: (bytes, head, given) => verifyWitness(instance, bytes, head, given),
        actionHash: (action) => new Hasher(instance).action(action),
        newBandit: (given) => new ThompsonBandit(instance, given),
      };
    },
  };
}

/** A policy that begins with what the shipped one has learned, unless the caller says with what. */
function newPolicy(instance: Host<PolicyCore>, given: PolicyOptions | undefined): LearningPolicy {
  const policy = new LearningPolicy(instance, given);
  if (given?.state !== undefined) return policy;
  try {
    policy.begin(shipped as unknown as PolicyState);
    return policy;
  } catch (error) {
    policy.dispose();
    throw error;
  }
}
