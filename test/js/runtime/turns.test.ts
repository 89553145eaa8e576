import { afterEach, expect, test, vi } from 'vitest';
import { openTurns } from '../../../src/ts/native/turn.js';

afterEach(() => vi.unstubAllGlobals());

/** Timers that fire while a loop takes turns for 150 ms. */
async function ticksMeanwhile(): Promise<number> {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 2);
  const turns = openTurns();
  const end = performance.now() + 150;
  while (performance.now() < end) {
    const busy = performance.now() + 1;
    while (performance.now() < busy);
    await turns.next();
  }
  turns.close();
  clearInterval(timer);
  return ticks;
}

test('timers fire between turns', async () => {
  expect(await ticksMeanwhile()).toBeGreaterThan(3);
});

test.each([
  ['a message channel where there is no setImmediate, as in browsers', ['setImmediate']],
  ['a timer where there is neither', ['setImmediate', 'MessageChannel']],
] as const)('%s', async (_, missing) => {
  for (const name of missing) vi.stubGlobal(name, undefined);
  const order: string[] = [];
  const turns = openTurns();
  void Promise.resolve().then(() => order.push('microtask'));
  for (let k = 0; k < 3; k++) {
    await turns.next();
    order.push(`turn ${k}`);
  }
  turns.close();
  expect(order).toEqual(['microtask', 'turn 0', 'turn 1', 'turn 2']);
});
