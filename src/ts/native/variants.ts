import { LacunaError } from '../errors.js';
import type { Variant } from '../load/platform.js';

// (func (result v128) i32.const 0; i8x16.splat; i8x16.popcnt): popcnt came with the final SIMD proposal.
const SIMD_PROBE = new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, // magic, version
  0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b, // type section: () -> v128
  0x03, 0x02, 0x01, 0x00, // function section
  0x0a, 0x0a, 0x01, 0x08, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0xfd, 0x62, 0x0b, // code section
]);

/** True if this engine runs 128-bit SIMD, by asking it to validate a tiny module. */
export function simdSupported(): boolean {
  if (typeof WebAssembly === 'undefined') {
    throw new LacunaError('load-failed', 'this JavaScript engine has no WebAssembly, or it is switched off', {
      remedy: "Only what needs no solver works there",
    });
  }
  return WebAssembly.validate(SIMD_PROBE);
}

/** The variant to load for a request; throws `unsupported-variant` for SIMD that isn't there. */
export function chooseVariant(requested: 'auto' | Variant, hasSimd: boolean): Variant {
  if (requested === 'auto') return hasSimd ? 'simd' : 'scalar';
  if (requested === 'simd' && !hasSimd) {
    throw new LacunaError('unsupported-variant', 'this JavaScript engine has no WebAssembly SIMD', {
      argument: 'options.variant',
      remedy: "Use 'auto' or 'scalar'",
    });
  }
  return requested;
}
