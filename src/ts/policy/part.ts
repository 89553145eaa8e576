import createPolicyCore from '#policy-core';
import type { LoadOptions } from '../load/platform.js';
import type { PolicyMaker } from '../parts.js';
import { instantiate } from '../shared.js';
import { Chain } from '../witness/chain.js';
import { Hasher } from '../witness/hasher.js';
import { verifyWitness } from '../witness/verify.js';
import { ThompsonBandit } from './thompson-bandit.js';

/** The part of the package about policy and witness: loaded when the first witness is made or checked, or the first bandit made. */
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
        newWitness: (given) => new Chain(instance, given),
        verifyWitness: (bytes, head, given) => verifyWitness(instance, bytes, head, given),
        actionHash: (action) => new Hasher(instance).action(action),
        newBandit: (given) => new ThompsonBandit(instance, given),
      };
    },
  };
}
