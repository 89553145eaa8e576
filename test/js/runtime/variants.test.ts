import { afterEach, expect, test, vi } from 'vitest';
import { chooseVariant, simdSupported } from '../../../src/ts/native/variants.js';

afterEach(() => vi.unstubAllGlobals());

test('this engine has SIMD, and so the probe must say', () => {
  // Node 16.4 and newer have it on every processor of the last fifteen years.
  expect(simdSupported()).toBe(true);
});

test.each([
  { requested: 'auto', hasSimd: true, chosen: 'simd' },
  { requested: 'auto', hasSimd: false, chosen: 'scalar' },
  { requested: 'simd', hasSimd: true, chosen: 'simd' },
  { requested: 'scalar', hasSimd: true, chosen: 'scalar' },
  { requested: 'scalar', hasSimd: false, chosen: 'scalar' },
] as const)('$requested with SIMD $hasSimd gives $chosen', ({ requested, hasSimd, chosen }) => {
  expect(chooseVariant(requested, hasSimd)).toBe(chosen);
});

test('SIMD that is not there is refused', () => {
  expect(() => chooseVariant('simd', false)).toThrow(expect.objectContaining({ code: 'unsupported-variant', argument: 'options.variant' }));
});

test('an engine without WebAssembly is told apart', () => {
  vi.stubGlobal('WebAssembly', undefined);
  expect(() => simdSupported()).toThrow(expect.objectContaining({ code: 'load-failed' }));
});
