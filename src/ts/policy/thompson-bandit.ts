import type { NativeBandit, PolicyCore } from '#policy-core';
import type { Bandit, BanditChoice, BanditExplanation, BanditOptions, BanditOutcome, BanditState, BanditStats } from './bandit.js';
import { refuseState, restoreState, stateText, withText, writeState } from './state.js';
import { checkFlag, checkNumber, checkOptions, describe, failure, Held, type Host, LacunaError, makeScoped, Resources, STATUSES, word } from '../shared.js';

/** Most bytes of a name: see src/cpp/lacuna/policy/named_bandit.hpp. */
const LONGEST_NAME = 120;
const EXPLAINED_DRAWS = 2500;

const KEYS = ['arms', 'seed', 'maxContexts', 'cutOff', 'prior', 'state'] as const;

const positive = (v: number) => v > 0 && v < Infinity;
const utf8 = new TextEncoder();

/** A bandit in linear memory. */
export class ThompsonBandit extends Held implements Bandit {
  readonly arms: readonly string[];
  readonly #host: Host<PolicyCore>;
  readonly #native: NativeBandit;
  readonly #resources: Resources<NativeBandit>;
  readonly #most: number;

  constructor(host: Host<PolicyCore>, options: BanditOptions) {
    const given = checkOptions(options, KEYS);
    const { state } = given;
    const fresh = state === undefined ? checkFresh(given) : undefined;
    if (state !== undefined) refuseOthers(given);
    let restored: BanditState | undefined;
    const resources = host.run((core) => {
      const made = new Resources(core, new core.NativeBandit());
      try {
        if (fresh !== undefined) begin(core, made, fresh);
        else restored = restore(core, made, state!, 'options.state');
      } catch (error) {
        made.release();
        throw error;
      }
      return made;
    });
    super(host, resources, 'bandit', 'createBandit');
    this.#host = host;
    this.#native = resources.native;
    this.#resources = resources;
    this.arms = Object.freeze([...(fresh ?? restored)!.arms]);
    this.#most = (fresh ?? restored)!.maxContexts;
  }

  choose(context: string): BanditChoice {
    const size = this.#name(context);
    this.#check(this.run(() => this.#native.choose(size)));
    const [arm, incumbent, predicted, limit] = this.#numbers(4) as [number, number, number, number];
    return { arm: this.arms[arm]!, incumbent: this.arms[incumbent]!, predicted, limit };
  }

  record(context: string, arm: string, outcome: BanditOutcome): void {
    const index = this.arms.indexOf(arm);
    if (index < 0) {
      throw new LacunaError('invalid-argument', `there is no arm ${describe(arm)}`, {
        argument: 'arm',
        remedy: `Name one of ${this.arms.map((name) => `'${name}'`).join(', ')}`,
      });
    }
    const { success, cost, censored } = checkOptions(outcome, ['success', 'cost', 'censored'], 'outcome');
    if (typeof cost !== 'number' || !positive(cost)) {
      throw new LacunaError('invalid-argument', `must be a positive number, got ${describe(cost)}`, { argument: 'outcome.cost' });
    }
    const succeeded = success === undefined ? -1 : Number(checkFlag('success', success, false));
    const cut = checkFlag('censored', censored, false);
    const size = this.#name(context);
    this.#check(this.run(() => this.#native.record(size, index, succeeded, cost, cut)));
  }

  best(context: string): string {
    const size = this.#name(context);
    return this.arms[this.run(() => this.#native.incumbent(size))]!;
  }

  chances(context: string, options?: { draws?: number }): Record<string, number> {
    const { draws } = checkOptions(options, ['draws']);
    const count = checkNumber('draws', draws, 10_000, 'an integer from 1 to 10,000,000', (v) => Number.isInteger(v) && v >= 1 && v <= 1e7);
    const shares = this.#shares(this.#name(context), count);
    return Object.fromEntries(this.arms.map((arm, k) => [arm, shares[k]!]));
  }

  explain(context: string): BanditExplanation {
    const size = this.#name(context);
    const shares = this.#shares(size, EXPLAINED_DRAWS);
    const arms = this.arms.map((arm, k) => {
      this.run(() => this.#native.explain(size, k));
      const [chosen, recorded, censored, success, cost, spread, dof, score] = this.#numbers(8) as [number, number, number, number, number, number, number, number];
      return { arm, chosen, recorded, censored, success, cost, spread, dof, score, chance: shares[k]! };
    });
    return { context, known: this.run(() => this.#native.knows(size)) !== 0, incumbent: this.best(context), arms };
  }

  stats(): BanditStats {
    this.core();
    this.run(() => this.#native.count());
    const [contexts, evicted, chosen, recorded, censored] = this.#numbers(5) as [number, number, number, number, number];
    return { contexts, maxContexts: this.#most, evicted, chosen, recorded, censored };
  }

  toJSON(): BanditState {
    return JSON.parse(this.#text()) as BanditState;
  }

  merge(other: Bandit | BanditState | string): void {
    this.core();
    if (other === this) throw new LacunaError('invalid-argument', 'is this bandit itself', { argument: 'other' });
    const text = other instanceof ThompsonBandit ? other.#text() : stateText(other, 'other');
    const status = this.#host.run((core) => withText(core, this.#resources, text, (at, bytes) => this.#native.merge(at, bytes)));
    if (word(STATUSES, status) === 'shape-mismatch') {
      throw new LacunaError('invalid-argument', 'has other arms, another prior or another cutOff', {
        argument: 'other',
        remedy: 'Merge bandits that were made with the same options',
      });
    }
    this.#host.run((core) => refuseState(core, this.#native, status, 'other'));
  }

  /** Writes the name of a context to where the module looks for it; its size in bytes. */
  #name(context: unknown): number {
    const core = this.core();
    if (typeof context !== 'string') {
      throw new LacunaError('invalid-argument', `must be a string, got ${describe(context)}`, { argument: 'context' });
    }
    const at = this.#native.name() >>> 0;
    const { read, written } = utf8.encodeInto(context, core.HEAPU8.subarray(at, at + LONGEST_NAME));
    if (read < context.length) {
      throw new LacunaError('invalid-argument', `is longer than ${LONGEST_NAME} bytes in UTF-8`, { argument: 'context' });
    }
    return written;
  }

  #numbers(count: number): ArrayLike<number> & Iterable<number> {
    const start = (this.#native.numbers() >>> 0) / 8;
    return this.core().HEAPF64.subarray(start, start + count);
  }

  #shares(size: number, draws: number): Float64Array {
    const span = this.#resources.span(this.arms.length);
    this.run(() => this.#native.chances(size, draws, span.address));
    const shares = span.view().slice();
    this.#resources.free(span);
    return shares;
  }

  #text(): string {
    return writeState(this.core(), this.#native, 'bandit');
  }

  #check(status: number): void {
    if (status !== 0) throw failure(word(STATUSES, status), 'bandit', { position: -1 });
  }
}

makeScoped(ThompsonBandit, 'Bandit');

type Fresh = Required<Omit<BanditOptions, 'state' | 'seed' | 'prior'>> & { readonly seed: bigint; readonly prior: readonly number[] };

function checkFresh(given: Partial<BanditOptions>): Fresh {
  const prior = checkOptions(given.prior, ['success', 'cost'], 'options.prior');
  const success = checkOptions(prior.success, ['alpha', 'beta'], 'options.prior.success');
  const cost = checkOptions(prior.cost, ['mean', 'kappa', 'alpha', 'beta'], 'options.prior.cost');
  const above = (name: string, value: unknown, fallback: number) => checkNumber(`prior.${name}`, value, fallback, 'a positive number', positive);
  return {
    arms: checkArms(given.arms),
    seed: drawSeed(given.seed),
    maxContexts: checkNumber('maxContexts', given.maxContexts, 1024, 'an integer from 1 to 10,000,000', (v) => Number.isInteger(v) && v >= 1 && v <= 1e7),
    cutOff: checkNumber('cutOff', given.cutOff, 4, 'a number of more than 1', (v) => v > 1),
    prior: [
      above('success.alpha', success.alpha, 1),
      above('success.beta', success.beta, 1),
      checkNumber('prior.cost.mean', cost.mean, 0, 'a finite number', Number.isFinite),
      above('cost.kappa', cost.kappa, 0.01),
      above('cost.alpha', cost.alpha, 1),
      above('cost.beta', cost.beta, 1),
    ],
  };
}

function checkArms(arms: unknown): readonly string[] {
  if (!Array.isArray(arms) || arms.length === 0) {
    throw new LacunaError('invalid-option', `must be an array of names, got ${describe(arms)}`, { argument: 'options.arms', remedy: 'Name what there is to choose from' });
  }
  const copy = [...(arms as unknown[])];
  copy.forEach((arm, position) => {
    const good = typeof arm === 'string' && arm !== '' && !arm.includes('\0') && utf8.encode(arm).length <= LONGEST_NAME;
    if (good && copy.indexOf(arm) === position) return;
    throw new LacunaError('invalid-option', good ? `${describe(arm)} is there twice` : `must be a name of 1 to ${LONGEST_NAME} bytes, got ${describe(arm)}`, {
      argument: 'options.arms',
      position,
    });
  });
  return copy as string[];
}

function drawSeed(seed: unknown): bigint {
  if (seed === undefined) return 0n;
  if (seed === 'crypto') return crypto.getRandomValues(new BigUint64Array(1))[0]!;
  if (typeof seed === 'bigint' || Number.isSafeInteger(seed)) return BigInt.asUintN(64, BigInt(seed as bigint));
  throw new LacunaError('invalid-option', `must be an integer or 'crypto', got ${describe(seed)}`, { argument: 'options.seed' });
}

function refuseOthers(given: Partial<BanditOptions>): void {
  const other = KEYS.find((key) => key !== 'state' && given[key] !== undefined);
  if (other === undefined) return;
  throw new LacunaError('invalid-option', 'is part of the state', { argument: `options.${other}`, remedy: 'Leave it out where a state is given' });
}

function begin(core: PolicyCore, made: Resources<NativeBandit>, fresh: Fresh): void {
  const { span, at } = made.put(fresh.prior);
  const low = Number(fresh.seed & 0xffff_ffffn);
  const high = Number(fresh.seed >> 32n);
  const names = fresh.arms.map((arm) => `${arm}\0`).join('');
  const status = withText(core, made, names, (address, bytes) =>
    made.native.begin(address, bytes, fresh.arms.length, fresh.maxContexts, fresh.cutOff, low, high, at[0]!),
  );
  made.free(span);
  if (status !== 0) throw failure(word(STATUSES, status), 'options', { position: -1 });
}

function restore(core: PolicyCore, made: Resources<NativeBandit>, state: BanditState | string, argument: string): BanditState {
  return JSON.parse(restoreState(core, made, state, argument)) as BanditState;
}
