import { readFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { standardized } from '../../../scripts/lib/relaxed-simd.mjs';
import { bestVariant, chooseVariant } from '../../../src/ts/native/variants.js';

afterEach(() => vi.unstubAllGlobals());

test('this engine has SIMD, and so the probe must say', () => {
  // Node 16.4 and newer have it on every processor of the last fifteen years, relaxed Node 22.
  expect(bestVariant()).toBe(parseInt(process.versions.node) >= 22 ? 'relaxed' : 'simd');
});

test.each([
  { requested: 'auto', best: 'relaxed', chosen: 'simd' },
  { requested: 'auto', best: 'simd', chosen: 'simd' },
  { requested: 'auto', best: 'scalar', chosen: 'scalar' },
  { requested: 'relaxed', best: 'relaxed', chosen: 'relaxed' },
  { requested: 'simd', best: 'relaxed', chosen: 'simd' },
  { requested: 'simd', best: 'simd', chosen: 'simd' },
  { requested: 'scalar', best: 'simd', chosen: 'scalar' },
  { requested: 'scalar', best: 'scalar', chosen: 'scalar' },
] as const)('$requested where $best is the best gives $chosen', ({ requested, best, chosen }) => {
  expect(chooseVariant(requested, best)).toBe(chosen);
});

test.each([
  ['simd', 'scalar'],
  ['relaxed', 'scalar'],
  ['relaxed', 'simd'],
] as const)('%s is refused where %s is the best', (requested, best) => {
  expect(() => chooseVariant(requested, best)).toThrow(
    expect.objectContaining({ code: 'unsupported-variant', argument: 'options.variant', remedy: `Use 'auto' or '${best}'` }),
  );
});

test('an engine without WebAssembly is told apart', () => {
  vi.stubGlobal('WebAssembly', undefined);
  expect(() => bestVariant()).toThrow(expect.objectContaining({ code: 'load-failed' }));
});

// Both bytes of the opcodes that a build has, after the prefix, as a draft had them and as they are.
const F64X2_MADD = [0xfd, 0xcf, 0x87, 0x01, 0x02].join(' ');
const F32X4_MADD = [0xfd, 0xaf, 0x85, 0x01, 0x02].join(' ');

test.each([
  ['core', [F64X2_MADD]],
  ['factor', [F64X2_MADD, F32X4_MADD]],
])('the relaxed build of %s has the standard opcodes, and nothing else was touched', (name, opcodes) => {
  const read = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url));
  const built = read(`build/wasm/${name}-relaxed.wasm`);
  const shipped = standardized(built);
  expect(shipped.length).toBe(built.length);
  expect(standardized(shipped)).toEqual(shipped);
  const changes: string[] = [];
  for (let at = 0; at < built.length; at++) {
    if (built[at] !== shipped[at]) changes.push([built[at - 1], built[at], shipped[at], built[++at], shipped[at]].join(' '));
  }
  expect(new Set(changes)).toEqual(new Set(opcodes));
  expect(changes.length).toBeGreaterThan(100);
  for (const variant of ['', '-simd', '-relaxed']) {
    const other = read(`dist/${name}${variant}.wasm`);
    expect(standardized(other)).toEqual(Uint8Array.from(other));
  }
});
