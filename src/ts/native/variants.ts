import { LacunaError } from '../errors.js';
import type { NativeModule } from '#core';
import { VARIANTS, type Variant } from '../load/platform.js';
import { textAt } from './text.js';

// (func (result v128) i32.const 0; i8x16.splat; i8x16.popcnt): popcnt came with the final SIMD proposal.
const SIMD_PROBE = new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, // magic, version
  0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b, // type section: () -> v128
  0x03, 0x02, 0x01, 0x00, // function section
  0x0a, 0x0a, 0x01, 0x08, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0xfd, 0x62, 0x0b, // code section
]);

// (func (result v128) f64x2.relaxed_madd of three vectors of zeros)
const RELAXED_PROBE = new Uint8Array([
  ...SIMD_PROBE.subarray(0, 19),
  0x0a, 0x13, 0x01, 0x11, 0x00, // code section
  0x41, 0x00, 0xfd, 0x0f, 0x41, 0x00, 0xfd, 0x0f, 0x41, 0x00, 0xfd, 0x0f, 0xfd, 0x87, 0x02, 0x0b,
]);

/** The best variant that this engine runs, by asking it to validate tiny modules. */
export function bestVariant(): Variant {
  if (typeof WebAssembly === 'undefined') {
    throw new LacunaError('load-failed', 'this JavaScript engine has no WebAssembly, or it is switched off', {
      remedy: "Only what needs no solver works there",
    });
  }
  if (!WebAssembly.validate(SIMD_PROBE)) return 'scalar';
  return WebAssembly.validate(RELAXED_PROBE) ? 'relaxed' : 'simd';
}

/**
 * The variant to load for a request: `'auto'` keeps to those with the same bits. Throws
 * `unsupported-variant` for SIMD that isn't there.
 */
export function chooseVariant(requested: 'auto' | Variant, best: Variant): Variant {
  if (requested === 'auto') return best === 'scalar' ? best : 'simd';
  if (VARIANTS.indexOf(requested) > VARIANTS.indexOf(best)) {
    throw new LacunaError('unsupported-variant', `this JavaScript engine has no WebAssembly SIMD of variant '${requested}'`, {
      argument: 'options.variant',
      remedy: `Use 'auto' or '${best}'`,
    });
  }
  return requested;
}

/** What a module was compiled as. */
export function variantOf(core: NativeModule): Variant {
  return VARIANTS[['scalar', 'simd128'].indexOf(textAt(core, core.backend()))] ?? 'relaxed';
}
