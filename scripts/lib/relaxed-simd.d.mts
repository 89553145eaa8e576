/** See relaxed-simd.mjs. */
export function standardized(bytes: Uint8Array): Uint8Array;
