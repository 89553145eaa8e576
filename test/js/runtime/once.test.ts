import { expect, test } from 'vitest';
import { oncePerKey } from '../../../src/ts/load/once.js';

test('starts once for all who call, at the same time or later', async () => {
  let starts = 0;
  const load = oncePerKey(async (key: string) => ({ key, number: ++starts }));
  const [first, second] = await Promise.all([load('a'), load('a')]);
  expect(second).toBe(first);
  expect(await load('a')).toBe(first);
  expect(starts).toBe(1);
});

test('keeps keys apart', async () => {
  const load = oncePerKey(async (key: string) => key.toUpperCase());
  expect(await Promise.all([load('a'), load('b')])).toEqual(['A', 'B']);
});

test('a failure reaches all who wait with the same error, and is forgotten', async () => {
  let starts = 0;
  const load = oncePerKey(async () => {
    if (++starts === 1) throw new Error('first');
    return starts;
  });
  const outcomes = await Promise.allSettled([load('a'), load('a')]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const reasons = outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason as unknown);
  expect(reasons[1]).toBe(reasons[0]);
  expect(await load('a')).toBe(2);
  expect(starts).toBe(2);
});
