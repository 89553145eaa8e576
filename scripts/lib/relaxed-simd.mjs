/**
 * Clang 14 writes fused multiply-adds by the opcodes of an early draft of the relaxed SIMD proposal;
 * engines run those that were standardized. Both take two bytes, so they are exchanged in place, and
 * operands already come in the final order: see simd/vector.hpp.
 */

/** Second part of the opcode after 0xfd: draft → standard. */
const RENUMBERED = new Map([
  [0xaf, 0x105], // f32x4.relaxed_madd
  [0xb0, 0x106], // f32x4.relaxed_nmadd
  [0xcf, 0x107], // f64x2.relaxed_madd
  [0xd0, 0x108], // f64x2.relaxed_nmadd
]);

const CODE_SECTION = 10;

/** A module with standard opcodes; one that has them already comes back as it is. */
export function standardized(bytes) {
  const wasm = Uint8Array.from(bytes);
  const code = new Code(wasm);
  for (let at = 8; at < wasm.length; ) {
    code.at = at + 1;
    const size = code.u32();
    const end = code.at + size;
    if (wasm[at] === CODE_SECTION) rewriteFunctions(code);
    at = end;
  }
  return wasm;
}

function rewriteFunctions(code) {
  for (let functions = code.u32(); functions > 0; functions--) {
    const size = code.u32();
    const end = code.at + size;
    for (let locals = code.u32(); locals > 0; locals--) {
      code.u32();
      code.at += 1;
    }
    while (code.at < end) code.instruction();
    if (code.at !== end) throw new Error(`a function's instructions end at ${code.at} instead of ${end}`);
  }
}

/** A reader of instructions that knows where each one ends. */
class Code {
  at = 0;

  constructor(bytes) {
    this.bytes = bytes;
  }

  u32() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  skip(integers) {
    for (let k = 0; k < integers; k++) this.u32();
  }

  instruction() {
    const opcode = this.bytes[this.at++];
    if (opcode === 0xfd) return this.vector();
    if (opcode === 0xfc) return this.skip([0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1][this.u32()]);
    if (opcode === 0x0e) return this.skip(this.u32() + 1); // br_table
    if (opcode === 0x1c) return this.skip(this.u32()); // select with types
    if (opcode === 0x43) this.at += 4; // f32.const
    else if (opcode === 0x44) this.at += 8; // f64.const
    else this.skip(immediates(opcode));
  }

  vector() {
    const start = this.at;
    const opcode = this.u32();
    const standard = RENUMBERED.get(opcode);
    if (standard !== undefined) {
      this.bytes[start] = 0x80 | (standard & 0x7f);
      this.bytes[start + 1] = standard >> 7;
    } else if (opcode === 12 || opcode === 13) {
      this.at += 16; // v128.const, i8x16.shuffle
    } else if (opcode >= 21 && opcode <= 34) {
      this.at += 1; // lanes
    } else if (opcode <= 11 || (opcode >= 84 && opcode <= 93)) {
      this.skip(2);
      if (opcode >= 84 && opcode <= 91) this.at += 1; // loads and stores of a lane
    }
  }
}

/** Integers that follow an opcode of one byte. */
function immediates(opcode) {
  if (opcode >= 0x28 && opcode <= 0x3e) return 2; // loads and stores
  if (opcode === 0x11) return 2; // call_indirect
  const one =
    (opcode >= 0x02 && opcode <= 0x04) || // blocks
    (opcode >= 0x06 && opcode <= 0x09) || // try, catch, throw, rethrow
    opcode === 0x0c || opcode === 0x0d || opcode === 0x10 || opcode === 0x18 || // branches, call, delegate
    (opcode >= 0x20 && opcode <= 0x26) || // variables and tables
    (opcode >= 0x3f && opcode <= 0x42) || // memory.size and grow, integer constants
    opcode === 0xd0 || opcode === 0xd2; // ref.null, ref.func
  return one ? 1 : 0;
}
