import { readFileSync } from 'node:fs';
import createCore from '#core';
import createGraphCore from '#graph-core';
import createRowsCore from '#rows-core';
import createPolicyCore from '#policy-core';
import { expect, test } from 'vitest';
import { INITIAL_PAGES, instantiate } from '../../../src/ts/native/module.js';

const PAGE = 65_536;
const dist = new URL('../../../dist/', import.meta.url);
const compiled = (file: string) => new WebAssembly.Module(readFileSync(new URL(file, dist)));
const core = compiled('core-simd.wasm');

test('starts in its initial pages and belongs to nobody else', async () => {
  const [first, second] = await Promise.all([instantiate(createCore, core), instantiate(createCore, core)]);
  expect(first.memory.buffer.byteLength).toBe(INITIAL_PAGES * PAGE);
  expect(second.memory).not.toBe(first.memory);
});

test('a memory limit is the end of growth, to the page', async () => {
  const limit = 40 * PAGE;
  const { memory } = await instantiate(createCore, core, { memoryLimit: limit + 17 });
  memory.grow(limit / PAGE - INITIAL_PAGES);
  expect(memory.buffer.byteLength).toBe(limit);
  expect(() => memory.grow(1)).toThrow(RangeError);
});

test.each([1, INITIAL_PAGES * PAGE - 1])('a limit of %d bytes is too small to start', async (memoryLimit) => {
  await expect(instantiate(createCore, core, { memoryLimit })).rejects.toMatchObject({ code: 'invalid-option', argument: 'options.memoryLimit' });
});

test('the other modules start in as little, each by its own glue', async () => {
  const graph = await instantiate(createGraphCore, compiled('graph-simd.wasm'));
  const rows = await instantiate(createRowsCore, compiled('rows.wasm'));
  const policy = await instantiate(createPolicyCore, compiled('policy.wasm'));
  for (const { memory } of [graph, rows, policy]) expect(memory.buffer.byteLength).toBe(INITIAL_PAGES * PAGE);
  await expect(instantiate(createGraphCore, core)).rejects.toMatchObject({ code: 'load-failed' });
  await expect(instantiate(createRowsCore, core)).rejects.toMatchObject({ code: 'load-failed' });
  await expect(instantiate(createPolicyCore, core)).rejects.toMatchObject({ code: 'load-failed' });
});

// The glue's own promise never settles in these cases: each must reject, not hang.
test('a module that imports what the glue does not have', async () => {
  const bytes = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 2, 7, 1, 1, 0x7a, 1, 0x7a, 0, 0];
  const foreign = new WebAssembly.Module(new Uint8Array(bytes));
  const failure = await instantiate(createCore, foreign).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'load-failed' });
  expect((failure as Error).cause).toBeInstanceOf(TypeError);
  expect((failure as Error).message).toContain('same version of lacuna');
});

test('a module that exports nothing', async () => {
  const empty = new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  await expect(instantiate(createCore, empty)).rejects.toMatchObject({ code: 'load-failed' });
});
