// The pure parts of queries: options, vectors on demand, batches of rows, reports, the loop over steps.
import { describe, expect, it } from 'vitest';
import { readAnswer, readConditions, readEstimate, readLine } from '../../../src/ts/local/answer.js';
import { checkOnDemand, isOnDemand } from '../../../src/ts/local/kept-rhs.js';
import { checkQueryOptions } from '../../../src/ts/local/query-options.js';
import { checkBatch } from '../../../src/ts/rows/batch.js';
import { LacunaError } from '../../../src/ts/errors.js';
import { BOUND_KINDS, ORDERS, REASONS, WAYS } from '../../../src/ts/native/codes.js';
import { complete, runSteps, settle, type Sliceable, type Steps } from '../../../src/ts/native/run-task.js';
import { asDoubles } from '../../../src/ts/native/spans.js';
import { checkControls } from '../../../src/ts/options.js';
import { expectError } from '../support/errors.js';

describe('options of a query', () => {
  const defaults = [0, 1e-6, 0, 1, 0, 0, Infinity, Infinity, Infinity, 0, -1];

  it('are all optional', () => {
    for (const kind of ['query', 'line'] as const) expect(checkQueryOptions(undefined, kind, false)).toEqual(defaults);
    expect(checkQueryOptions({}, 'query', true)).toEqual(defaults);
  });

  it('are laid out as the core takes them', () => {
    const given = { method: 'walks', rtol: 1e-3, atol: 2, confidence: 0.5, seed: 2 ** 40 + 7, maxEntries: 3, maxWalks: 4, maxWork: 5, order: 'sor' } as const;
    expect(checkQueryOptions(given, 'query', false)).toEqual([4, 1e-3, 2, 0.5, 7, 256, 3, 4, 5, 0, 2]);
    for (const [code, method] of WAYS.entries()) expect(checkQueryOptions({ method }, 'query', false)[0]).toBe(code);
    for (const [k, order] of ORDERS.entries()) expect(checkQueryOptions({ order }, 'line', false)[10]).toBe(k - 1);
  });

  it.each([
    [0, [0, 0]],
    [0n, [0, 0]],
    [2 ** 32 - 1, [2 ** 32 - 1, 0]],
    [Number.MAX_SAFE_INTEGER, [2 ** 32 - 1, 2 ** 21 - 1]],
    [2n ** 64n - 1n, [2 ** 32 - 1, 2 ** 32 - 1]],
  ] as const)('a seed of %s comes in halves', (seed, halves) => {
    expect(checkQueryOptions({ seed }, 'query', false).slice(4, 6)).toEqual(halves);
  });

  it('depend on what is asked for', () => {
    for (const name of ['method', 'confidence', 'seed', 'maxWalks', 'maxWork']) {
      expectError(() => checkQueryOptions({ [name]: undefined } as object, 'line', true), 'invalid-option', `options.${name}`);
    }
    for (const name of ['signal', 'onProgress', 'slice', 'timeLimit']) {
      expect(checkQueryOptions({ [name]: undefined } as object, 'line', true)).toEqual(defaults);
      expectError(() => checkQueryOptions({ [name]: undefined } as object, 'query', false), 'invalid-option', `options.${name}`);
    }
  });
});

describe('a vector on demand', () => {
  it('is known by its callback', () => {
    expect([{ value: () => 1, normInf: 1 }, { value: 3 }].map(isOnDemand)).toEqual([true, true]);
    expect([[1], { indices: [], values: [] }, null, 3].map(isOnDemand)).toEqual([false, false, false, false]);
  });

  it('declares least, greatest and norms, or what follows from them', () => {
    const value = () => 0;
    expect(checkOnDemand({ value, normInf: 2 }).facts).toEqual([-2, 2, 2, Infinity]);
    expect(checkOnDemand({ value, normInf: 2, least: 0, greatest: 1, norm1: 7 }).facts).toEqual([0, 1, 2, 7]);
    expect(checkOnDemand({ value, normInf: 0 }).facts).toEqual([-0, 0, 0, Infinity]);
  });

  it('checks what comes, and says where', () => {
    const { value, write } = checkOnDemand({ value: (i) => i, normInf: 2, least: 0 });
    expect([value!(0), value!(2)]).toEqual([0, 2]);
    expectError(() => value!(3), 'declaration-violated', 'b.value', 3);
    const target = new Float64Array(3);
    write(target);
    expect([...target]).toEqual([0, 1, 2]);
    expectError(() => write(new Float64Array(4)), 'declaration-violated', 'b.value', 3);
  });

  it('may be an object with state', () => {
    class Source {
      normInf = 9;
      #n = 4;
      value(): number {
        return this.#n++;
      }
    }
    const { value } = checkOnDemand(new Source());
    expect([value!(0), value!(0)]).toEqual([4, 5]);
  });
});

describe('a batch of rows', () => {
  it('is copied', () => {
    const batch = { counts: [2, 0], indices: [5, 2 ** 40], values: Float32Array.of(1, 2) };
    const checked = checkBatch('source.rows()', batch, 2, 2 ** 41);
    expect(checked).toEqual({ counts: Int32Array.of(2, 0), indices: Float64Array.of(5, 2 ** 40), values: Float64Array.of(1, 2) });
    batch.indices[0] = 7;
    expect(checked.indices[0]).toBe(5);
  });

  it('is refused where lists do not belong together', () => {
    expectError(() => checkBatch('s', null as never, 1, 9), 'invalid-argument', 's');
    expectError(() => checkBatch('s', { counts: [1], indices: [0], values: [1] }, 2, 9), 'shape-mismatch', 's.counts');
    expectError(() => checkBatch('s', { counts: [2], indices: [0], values: [1] }, 1, 9), 'shape-mismatch', 's.indices');
    expectError(() => checkBatch('s', { counts: [1], indices: [9], values: [1] }, 1, 9), 'index-out-of-range', 's.indices', 0);
  });

  it('integers cross as the bytes of int32', () => {
    for (const list of [[], [1], [1, -2], [3, 0, 2 ** 31 - 1]]) {
      expect([...new Int32Array(asDoubles(list).buffer)].slice(0, list.length)).toEqual(list);
    }
  });
});

describe('reports', () => {
  const report = Float64Array.of(5, REASONS.indexOf('converged-atol'), 1, 0.5, 0.01, BOUND_KINDS.indexOf('bernstein'), 0.95, 0.49, 0.51, 0.02, 7, 8, 9, 10, 11, 12, 13, 14, 0.5, 15, 16);
  const why = () => 'because';

  it('become answers', () => {
    expect(readAnswer(report, 3, why)).toEqual({
      value: 0.5,
      bound: 0.01,
      lower: 0.49,
      upper: 0.51,
      confidence: 0.95,
      converged: true,
      reason: 'converged-atol',
      method: 'bidirectional',
      certificate: 'bernstein',
      target: 0.02,
      work: { rows: 7, entries: 8, pushes: 9, walks: 10, steps: 11, bytes: 12, predicted: 13, cost: 14, switches: 15, touched: 16 },
      time: 3,
    });
  });

  it('without a bound say why, and only then', () => {
    const unbound = report.slice();
    unbound[4] = unbound[16] = -1;
    expect(readAnswer(unbound, 3, why)).toMatchObject({ bound: null, certificate: null, why: 'because', work: { predicted: null } });
    expect('why' in readAnswer(report, 3, why)).toBe(false);
    const exact = report.slice();
    exact[4] = 0;
    expect(readAnswer(exact, 3, why)).toMatchObject({ bound: 0, certificate: 'bernstein' });
  });

  it('become estimates', () => {
    expect(readEstimate(report, 1000)).toEqual({ complexity: 'sampling', method: 'bidirectional', predicted: 13, spent: 14, unit: 'entries', exponent: 0.5 });
    const by = (way: (typeof WAYS)[number], predicted: number, nnz?: number): string => {
      const one = report.slice();
      one[0] = WAYS.indexOf(way);
      one[16] = predicted;
      return readEstimate(one, nnz).complexity;
    };
    expect([by('push', 99, 100), by('push', 100, 100), by('product', -1, 14), by('neumann', 1e9), by('walks', 1, 9), by('full', 1, 9)]).toEqual(['local', 'saturated', 'saturated', 'local', 'sampling', 'full']);
  });

  it('become lines', () => {
    const indices = Float64Array.of(1);
    const values = Float64Array.of(2);
    const line = Float64Array.of(REASONS.indexOf('budget'), 0, 0.3, -1, 1, 0.1, 4, 5, 6, 7, 8, 9);
    expect(readLine(line, indices, values, 2, why)).toEqual({
      indices, values, bound: 0.3, bound1: null, converged: false, reason: 'budget', certificate: 'adjoint', target: 0.1,
      work: { rows: 4, entries: 5, pushes: 6, bytes: 7, touched: 8, cost: 9 },
      time: 2,
    });
  });

  it('become conditions, unknown figures null', () => {
    const heap = Float64Array.of(NaN, 1, 1, 0.5, -Infinity, 0.75, Infinity, 0, 3, 2, Infinity, 4, 3.5, -1);
    expect(readConditions(heap, 1)).toEqual({
      signs: 'm-matrix',
      symmetric: true,
      rows: { dominance: 'strict', margin: 0.5, contraction: 0.75, weight: 2 },
      columns: { dominance: 'none', margin: null, contraction: null, weight: null },
      powerSteps: 4,
      meanDegree: 3.5,
      firstWeakRow: null,
    });
  });
});

describe('the loop over steps', () => {
  const fail = (status: number): LacunaError => new LacunaError('internal', `status ${status}`);
  const host = { core: () => undefined as never, run: <T>(call: () => T): T => call() };

  /** A task that goes through these states. */
  function task(states: number[], log: unknown[] = []): Sliceable {
    return {
      step: (work, deadline) => (log.push(['step', work, deadline < Infinity]), states.shift()!),
      stop: (reason) => (log.push(['stop', REASONS[reason]]), 0),
      status: () => 13,
      progress: () => 0.25,
    };
  }

  it('runs in one go without controls, and brings what is waited for', () => {
    const log: unknown[] = [];
    const supply = function* (): Steps<void> {
      log.push('supplied');
    };
    expect(complete(runSteps(host, task([0, 3, 0, 1], log), undefined, true, fail, supply))).toBe(false);
    const step = ['step', Infinity, false];
    expect(log).toEqual([step, step, 'supplied', step, step]);
  });

  it('cuts into slices with controls, and tells how far it is', async () => {
    const seen: unknown[] = [];
    const log: unknown[] = [];
    const controls = checkControls({ slice: 2, onProgress: (progress) => seen.push(progress) });
    expect(await settle(runSteps(host, task([0, 0, 1], log), controls, true, fail))).toBe(false);
    expect(log).toEqual([['step', 8e6, true], ['step', 8e6, true], ['step', 8e6, true]]);
    expect(seen).toEqual([{ fraction: 0.25, iterations: 0 }, { fraction: 0.25, iterations: 0 }, { fraction: 0.25, iterations: 0 }]);
  });

  it('does not cut what cannot be cut', async () => {
    const log: unknown[] = [];
    await settle(runSteps(host, task([1], log), checkControls({ slice: 2 }), false, fail));
    expect(log).toEqual([['step', Infinity, false]]);
  });

  it('stops on request, and says that it did', async () => {
    const log: unknown[] = [];
    const controller = new AbortController();
    const controls = checkControls({ signal: controller.signal, onProgress: () => controller.abort() });
    expect(await settle(runSteps(host, task([0, 0], log), controls, true, fail))).toBe(true);
    expect(log.at(-1)).toEqual(['stop', 'cancelled']);
    const late: unknown[] = [];
    expect(await settle(runSteps(host, task(new Array(1000).fill(0), late), checkControls({ timeLimit: 1 }), true, fail))).toBe(true);
    expect(late.at(-1)).toEqual(['stop', 'budget']);
  });

  it('fails with the status of the task, and where the solver is gone', async () => {
    expect(() => complete(runSteps(host, task([2]), undefined, true, fail))).toThrow('status 13');
    const gone = { ...host, core: () => { throw new LacunaError('disposed', 'gone'); } };
    await expect(settle(runSteps(gone, task([0, 0]), checkControls({}), true, fail))).rejects.toThrow('gone');
  });
});
