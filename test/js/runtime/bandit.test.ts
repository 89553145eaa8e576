// Bandits from JavaScript: choices, outcomes, errors, states.
import { type Bandit, type BanditState, createBandit, type Engine, type LacunaError, loadEngine } from 'lacuna';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rejectionOf } from '../support/errors.js';
import { runs } from '../support/prove.js';
import { Random } from '../support/random.js';

let engine: Engine;
beforeAll(async () => {
  engine = await loadEngine();
});
afterAll(() => {
  expect(engine.stats().liveHandles).toBe(0);
  engine.dispose();
});

const ARMS = ['days', 'weekday', 'months'];
const made = (options: object = {}): Promise<Bandit> => createBandit({ engine, arms: ARMS, ...options });

/** Chooses and learns, so that the state depends on every choice. */
function live(bandit: Bandit, steps: number, seed: number, contexts = 6): string[] {
  const random = new Random(seed);
  return Array.from({ length: steps }, () => {
    const context = `context ${random.integer(contexts)} ü`;
    const { arm, limit } = bandit.choose(context);
    const cost = (1 + ARMS.indexOf(arm)) * (0.5 + random.uniform());
    const cut = cost > limit;
    bandit.record(context, arm, cut ? { cost: limit, censored: true } : { cost, success: random.uniform() < 0.9 });
    return arm;
  });
}

/** The error of a call that throws or rejects. */
const refusal = (call: () => unknown): Promise<LacunaError> => rejectionOf((async () => call())());

describe('a bandit', () => {
  it('finds the cheapest arm of each context, and says why', async () => {
    using bandit = await made();
    for (let k = 0; k < 150; k++) {
      for (const [context, best] of [['short', 'months'], ['long', 'days']] as const) {
        const { arm } = bandit.choose(context);
        bandit.record(context, arm, { success: true, cost: arm === best ? 3 : 8 + (k % 3) });
      }
    }
    expect(bandit.best('short')).toBe('months');
    expect(bandit.best('long')).toBe('days');
    const { arms, incumbent, known } = bandit.explain('short');
    expect([incumbent, known]).toEqual(['months', true]);
    const months = arms.find(({ arm }) => arm === 'months')!;
    expect(months.chosen).toBeGreaterThan(100);
    expect(months.recorded).toBe(months.chosen);
    expect(months.cost).toBeCloseTo(3, 1);
    expect(months.chance).toBeGreaterThan(0.9);
    expect(months.score).toBeCloseTo(Math.log(months.cost) - Math.log(months.success), 12);
    expect(arms.reduce((sum, { chance }) => sum + chance, 0)).toBeCloseTo(1, 12);
    expect(bandit.stats()).toEqual({ contexts: 2, maxContexts: 1024, evicted: 0, chosen: 300, recorded: 300, censored: 0 });
  });

  it('weighs cost against success', async () => {
    using bandit = await made({ arms: ['cheap', 'sure'] });
    // 10 a try at one success in eight is 80 a success, against 30.
    for (let k = 0; k < 80; k++) {
      bandit.record('', 'cheap', { success: k % 8 === 0, cost: 10 });
      bandit.record('', 'sure', { success: true, cost: 30 });
    }
    expect(bandit.best('')).toBe('sure');
  });

  it('chooses the same with the same seed and history, and differently with another seed', async () => {
    using first = await made({ seed: 2n ** 64n - 1n });
    using second = await made({ seed: -1 });
    using third = await made({ seed: 4 });
    using fourth = await made({ seed: 'crypto' });
    using fifth = await made({ seed: 'crypto' });
    const choices = [first, second, third, fourth, fifth].map((bandit) => live(bandit, 200, 1).join());
    expect(choices[1]).toBe(choices[0]);
    expect(first.toJSON().seed).toBe('18446744073709551615');
    expect(new Set(choices).size).toBe(4);
  });

  it('becomes the same as natively', async () => {
    // The other half of this test is in test/cpp/policy/named_bandit_test.cpp.
    using bandit = await made({ seed: 7, prior: { cost: { mean: 0, kappa: 0.01, alpha: 1, beta: 1 } } });
    for (let k = 0; k < 300; k++) {
      const context = `context ${k % 4}`;
      const { arm } = bandit.choose(context);
      bandit.record(context, arm, { success: k % 4 !== 1, cost: (1 + ARMS.indexOf(arm)) * (1 + (k % 7)), censored: k % 5 === 0 });
    }
    expect(bandit.toJSON().checksum).toBe('12f4e8fb749d8e471eae7ca312441c717cde76036635f74279be1ad61bf728ec');
  });

  it('tells apart nothing where it has learned nothing, and adds no context by that', async () => {
    using bandit = await made({ arms: ['a', 'b'], prior: { success: { alpha: 3, beta: 1 }, cost: { mean: Math.log(20), kappa: 1, alpha: 2, beta: 1 } } });
    expect(bandit.chances('new')).toEqual({ a: 0.5, b: 0.5 });
    const { arms, known } = bandit.explain('new');
    expect(known).toBe(false);
    expect(arms[1]).toMatchObject({ arm: 'b', recorded: 0, success: 0.75, dof: 4, chance: 0.5 });
    expect(arms[1]!.cost).toBeCloseTo(20, 10);
    expect(bandit.best('new')).toBe('a');
    expect(bandit.stats().contexts).toBe(0);
  });

  it('keeps as many contexts as it may', async () => {
    using bandit = await made({ maxContexts: 3 });
    for (const context of ['a', 'b', 'c', 'a', 'd']) bandit.choose(context);
    expect(bandit.toJSON().contexts.map(({ name }) => name)).toEqual(['c', 'a', 'd']);
    expect(bandit.stats()).toMatchObject({ contexts: 3, evicted: 1 });
  });

  it('sets a limit to what is tried beside the incumbent, none without cutOff', async () => {
    using bandit = await made({ arms: ['a', 'b'], cutOff: 2 });
    using other = await made({ arms: ['a', 'b'], cutOff: Infinity });
    for (const each of [bandit, other]) for (let k = 0; k < 2; k++) each.record('', 'b', { cost: 5, success: true });
    const limits = new Set<string>();
    for (let k = 0; k < 100; k++) {
      const { arm, incumbent, limit } = bandit.choose('');
      expect(incumbent).toBe('b');
      expect(limit).toBe(arm === 'b' ? Infinity : 2 * bandit.explain('').arms[1]!.cost);
      limits.add(arm);
      expect(other.choose('').limit).toBe(Infinity);
    }
    expect([...limits].sort()).toEqual(['a', 'b']);
  });
});

describe('a state', () => {
  it('goes on where it was saved: as object, as text, and from another thread', async () => {
    using bandit = await made({ seed: 'crypto' });
    live(bandit, 200, 1);
    const state = bandit.toJSON();
    expect(state).toMatchObject({ schema: 'lacuna-bandit', version: 1, arms: ARMS, maxContexts: 1024, cutOff: 4 });
    const worker = new Worker("require('node:worker_threads').parentPort.once('message', (state) => require('node:worker_threads').parentPort.postMessage(state));", { eval: true });
    const echoed = await new Promise<BanditState>((resolve, reject) => {
      worker.once('message', resolve).once('error', reject).postMessage(state);
    });
    await worker.terminate();
    const expected = live(bandit, 200, 2).join();
    for (const given of [state, JSON.stringify(state), JSON.stringify(state, null, 2), structuredClone(state), echoed]) {
      using restored = await createBandit({ engine, state: given });
      expect(restored.arms).toEqual(ARMS);
      expect(restored.stats().maxContexts).toBe(1024);
      expect(restored.toJSON()).toEqual(state);
      expect(live(restored, 200, 2).join()).toBe(expected);
      expect(restored.toJSON()).toEqual(bandit.toJSON());
    }
  });

  it('is the same from any order of members', async () => {
    using bandit = await made();
    live(bandit, 50, 1);
    const turned = JSON.stringify(bandit, (_, value: unknown) =>
      value === null || typeof value !== 'object' || Array.isArray(value) ? value : Object.fromEntries(Object.entries(value).reverse()),
    );
    using restored = await createBandit({ engine, state: turned });
    expect(restored.toJSON()).toEqual(bandit.toJSON());
  });

  it('is refused with the pointer of its fault', async () => {
    using bandit = await made();
    bandit.record('a/b', 'weekday', { cost: 2 });
    const good = bandit.toJSON();
    const changed = (change: (state: any) => void): BanditState => {
      const state = structuredClone(good);
      change(state);
      return state;
    };
    for (const [pointer, state] of [
      ['/schema', changed((s) => (s.schema = 'other'))],
      ['/version', changed((s) => (s.version = 2))],
      ['/contexts/0/arms/1/cost/kappa', changed((s) => (s.contexts[0].arms[1].cost.kappa = 0))],
      ['/contexts/0/arms/1/extra', changed((s) => (s.contexts[0].arms[1].extra = 0))],
      ['/contexts/0/arms', changed((s) => s.contexts[0].arms.pop())],
      ['/prior/success/beta', changed((s) => delete s.prior.success.beta)],
      ['/random', changed((s) => (s.random = 1))],
      ['/checksum', changed((s) => (s.contexts[0].name = 'a/c'))],
    ] as const) {
      const error = await refusal(() => createBandit({ engine, state }));
      expect([error.code, error.argument, error.details?.pointer]).toEqual([/schema|version/.test(pointer) ? 'unsupported-format' : 'invalid-argument', 'options.state', pointer]);
      expect((await refusal(() => bandit.merge(state))).argument).toBe('other');
    }
    expect(await refusal(() => createBandit({ engine, state: '{"schema":3' }))).toMatchObject({ code: 'invalid-argument', position: 12 });
    expect(await refusal(() => createBandit({ engine, state: 3 as never }))).toMatchObject({ code: 'invalid-argument', argument: 'options.state' });
    expect(await refusal(() => createBandit({ engine, state: good, seed: 1 }))).toMatchObject({ code: 'invalid-option', argument: 'options.seed' });
    expect(bandit.toJSON()).toEqual(good);
  });

  it('is refused whatever was damaged', async () => {
    using bandit = await made();
    live(bandit, 60, 3);
    const text = JSON.stringify(bandit);
    const random = new Random(5);
    for (let k = 0; k < runs(100); ) {
      const at = random.integer(text.length);
      const kind = random.integer(3);
      const damaged = text.slice(0, at) + (kind === 0 ? '' : String.fromCharCode(32 + random.integer(95))) + (kind === 2 ? text.slice(at) : text.slice(at + 1));
      if (sameValues(damaged, text)) continue;
      k++;
      expect((await refusal(() => createBandit({ engine, state: damaged }))).code).toMatch(/invalid-argument|unsupported-format/);
    }
  });
});

/** Whether two texts are JSON of the same values. */
function sameValues(a: string, b: string): boolean {
  try {
    return JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b));
  } catch {
    return false;
  }
}

describe('merging', () => {
  it('is learning one after the other', async () => {
    using one = await made({ seed: 1 });
    using other = await made({ seed: 2, maxContexts: 7 });
    using both = await made({ seed: 1 });
    const random = new Random(7);
    for (const half of [one, other]) {
      for (let k = 0; k < 100; k++) {
        const context = `${random.integer(half === one ? 3 : 5)}`;
        const arm = ARMS[random.integer(3)]!;
        const outcome = { cost: 0.1 + random.uniform(), success: random.uniform() < 0.5 };
        half.record(context, arm, outcome);
        both.record(context, arm, outcome);
      }
    }
    const state = other.toJSON();
    using copy = await createBandit({ engine, state: one.toJSON() });
    one.merge(other);
    copy.merge(JSON.stringify(state));
    expect(copy.toJSON()).toEqual(one.toJSON());
    expect(other.toJSON()).toEqual(state);
    const [merged, expected] = [one.toJSON().contexts, both.toJSON().contexts];
    expect(merged.map(({ name }) => name)).toEqual(expected.map(({ name }) => name));
    merged.forEach(({ arms }, k) =>
      arms.forEach((arm, a) => {
        const { success, cost } = expected[k]!.arms[a]!;
        expect(arm.success).toEqual(success);
        for (const key of ['mean', 'kappa', 'alpha', 'beta'] as const) expect(arm.cost[key]).toBeCloseTo(cost[key], 10);
      }),
    );
  });

  it('needs the same arms and options, and another bandit', async () => {
    using one = await made();
    for (const options of [{ arms: ['a', 'b', 'c'] }, { cutOff: 5 }, { prior: { success: { alpha: 2, beta: 1 } } }]) {
      using other = await made(options);
      expect(await refusal(() => one.merge(other))).toMatchObject({ code: 'invalid-argument', argument: 'other' });
    }
    expect(await refusal(() => one.merge(one))).toMatchObject({ code: 'invalid-argument', argument: 'other' });
    expect(await refusal(() => one.merge(null as never))).toMatchObject({ code: 'invalid-argument', argument: 'other' });
  });
});

describe('what makes no sense', () => {
  it.each([
    [{ arms: undefined }, 'options.arms'],
    [{ arms: [] }, 'options.arms'],
    [{ arms: ['a', 'a'] }, 'options.arms', 1],
    [{ arms: ['a', ''] }, 'options.arms', 1],
    [{ arms: ['a', 'b\0c'] }, 'options.arms', 1],
    [{ arms: ['ü'.repeat(61)] }, 'options.arms', 0],
    [{ seed: 1.5 }, 'options.seed'],
    [{ maxContexts: 0 }, 'options.maxContexts'],
    [{ cutOff: 1 }, 'options.cutOff'],
    [{ cutOff: NaN }, 'options.cutOff'],
    [{ prior: { success: { alpha: 0, beta: 1 } } }, 'options.prior.success.alpha'],
    [{ prior: { cost: { mean: Infinity } } }, 'options.prior.cost.mean'],
    [{ prior: { price: {} } }, 'options.prior.price'],
    [{ arm: ['a'] }, 'options.arm'],
  ] as const)('among options is refused: %j', async (options, argument, position?: number) => {
    expect(await refusal(() => made(options))).toMatchObject({ code: 'invalid-option', argument, ...(position !== undefined && { position }) });
  });

  it('in calls is refused and changes nothing', async () => {
    using bandit = await made();
    live(bandit, 10, 1);
    const before = bandit.toJSON();
    for (const [call, argument] of [
      [() => bandit.choose('x'.repeat(121)), 'context'],
      [() => bandit.choose('ü'.repeat(61)), 'context'],
      [() => bandit.choose(3 as never), 'context'],
      [() => bandit.record('new', 'years', { cost: 1 }), 'arm'],
      [() => bandit.record('new', 'days', { cost: 0 }), 'outcome.cost'],
      [() => bandit.record('new', 'days', { cost: NaN }), 'outcome.cost'],
      [() => bandit.record('new', 'days', {} as never), 'outcome.cost'],
    ] as const) {
      expect(await refusal(call)).toMatchObject({ code: 'invalid-argument', argument });
    }
    for (const call of [
      () => bandit.record('new', 'days', { cost: 1, success: 1 as never }),
      () => bandit.record('new', 'days', { cost: 1, time: 2 } as never),
      () => bandit.chances('new', { draws: 0 }),
    ]) {
      expect(await refusal(call)).toMatchObject({ code: 'invalid-option' });
    }
    expect(bandit.toJSON()).toEqual(before);
    expect(bandit.choose('ü'.repeat(60)).arm).toMatch(/days|weekday|months/);
  });

  it('as use after dispose is refused', async () => {
    const bandit = await made();
    bandit.dispose();
    bandit.dispose();
    expect(bandit.disposed).toBe(true);
    for (const call of [() => bandit.choose(''), () => bandit.record('', 'days', { cost: 1 }), () => bandit.best(''), () => bandit.explain(''), () => bandit.stats(), () => bandit.toJSON(), () => bandit.merge('{}')]) {
      expect((await refusal(call)).code).toBe('disposed');
    }
  });
});

it('runs out of memory with an error, and goes on', async () => {
  const small = await loadEngine({ memoryLimit: 2 * 2 ** 20 });
  const bandit = await createBandit({ engine: small, arms: Array.from({ length: 60 }, (_, k) => `arm ${k}`), maxContexts: 1e6 });
  let contexts = 0;
  const error = await refusal(() => {
    for (; contexts < 1e6; contexts++) bandit.choose(`${contexts}`);
  });
  expect(error.code).toBe('out-of-memory');
  expect(contexts).toBeGreaterThan(50);
  expect(bandit.stats()).toMatchObject({ contexts, chosen: contexts });
  bandit.record('0', 'arm 7', { cost: 1, success: true });
  expect(bandit.stats().recorded).toBe(1);
  small.dispose();
});
