import type { NativeModule } from '#core';

/** The text at an address, ASCII up to its zero. */
export function textAt(core: NativeModule, address: number): string {
  const start = address >>> 0;
  return String.fromCharCode(...core.HEAPU8.subarray(start, core.HEAPU8.indexOf(0, start)));
}
