import type { PolicyCore } from '#policy-core';
import { FEATURES } from './feature-names.js';
import type { PolicyFeatures } from './policy.js';
import { describe, doubles, LacunaError } from '../shared.js';

/** `features_version` of the core. */
const VERSION = 2;

/** Doubles of features in linear memory: the features, hash and arms in halves, the arm of the rules. */
export const FEATURE_FIELDS = FEATURES.length + 5;

const HASH = FEATURES.length;
const ARMS = HASH + 2;
const RULES = ARMS + 2;
const HALF = 2 ** 32;

/** Features that were read from linear memory, so that they need not be packed again. */
const packed = new WeakMap<PolicyFeatures, Float64Array>();

/** The features at an address, as an object that cannot be changed. */
export function readFeatures(core: PolicyCore, address: number, arms: readonly string[]): PolicyFeatures {
  const numbers = doubles(core, address, FEATURE_FIELDS);
  const fits = (k: number) => (Math.floor(numbers[k < 32 ? ARMS : ARMS + 1]! / 2 ** (k % 32)) & 1) === 1;
  const features = Object.freeze({
    version: VERSION,
    ...Object.fromEntries(FEATURES.map((name, k) => [name, numbers[k]!])),
    patternHash: (BigInt(numbers[HASH + 1]!) * BigInt(HALF) + BigInt(numbers[HASH]!)).toString(16).padStart(16, '0'),
    arms: Object.freeze(arms.filter((_, k) => fits(k))),
    rulesArm: arms[numbers[RULES]!]!,
  }) as PolicyFeatures;
  packed.set(features, numbers);
  return features;
}

/** Features as they lie in linear memory; checked where they come from elsewhere. */
export function packFeatures(features: PolicyFeatures, arms: readonly string[]): Float64Array {
  const known = packed.get(features);
  if (known !== undefined) return known;
  if (features.version !== VERSION) throw invalid('features.version', `must be ${VERSION}, got ${describe(features.version)}`);
  const numbers = new Float64Array(FEATURE_FIELDS);
  FEATURES.forEach((name, k) => {
    const value: unknown = features[name];
    if (typeof value !== 'number' || !Number.isFinite(value)) throw invalid(`features.${name}`, `must be a finite number, got ${describe(value)}`);
    numbers[k] = value;
  });
  if (typeof features.patternHash !== 'string' || !/^[0-9a-f]{16}$/.test(features.patternHash)) {
    throw invalid('features.patternHash', `must be 16 hexadecimal digits, got ${describe(features.patternHash)}`);
  }
  const hash = BigInt(`0x${features.patternHash}`);
  numbers[HASH] = Number(hash % BigInt(HALF));
  numbers[HASH + 1] = Number(hash / BigInt(HALF));
  if (!Array.isArray(features.arms)) throw invalid('features.arms', `must be a list of names, got ${describe(features.arms)}`);
  for (const arm of new Set(features.arms as readonly string[])) {
    const k = indexOf(arms, arm, 'features.arms');
    numbers[k < 32 ? ARMS : ARMS + 1]! += 2 ** (k % 32);
  }
  numbers[RULES] = indexOf(arms, features.rulesArm, 'features.rulesArm');
  return numbers;
}

function indexOf(arms: readonly string[], arm: string, argument: string): number {
  const k = arms.indexOf(arm);
  if (k < 0) throw invalid(argument, `there is no plan ${describe(arm)} in this build`);
  return k;
}

function invalid(argument: string, message: string): LacunaError {
  return new LacunaError('invalid-argument', message, { argument, remedy: 'Use what policy.features() gives' });
}
