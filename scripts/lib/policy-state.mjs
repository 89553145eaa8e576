// States of policies as JSON: rounded, and sealed with their checksum.
import { createHash } from 'node:crypto';

/** A state whose numbers have so many significant digits at the most, sealed anew. */
export function rounded(state, digits) {
  const round = (value) => {
    if (typeof value === 'number') return Number.isInteger(value) ? value : Number(value.toPrecision(digits));
    if (Array.isArray(value)) return value.map(round);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, round(member)]));
  };
  const short = round(state);
  return { ...short, checksum: checksum(short) };
}

/** SHAKE-256 of the values, as in src/cpp/lacuna/policy/json_checksum.hpp. */
function checksum({ checksum: _, ...state }) {
  const hash = createHash('shake256', { outputLength: 32 });
  const bytes = Buffer.alloc(8);
  const count = (number) => {
    bytes.writeBigUInt64LE(BigInt(number));
    hash.update(bytes);
  };
  const text = (characters) => {
    const encoded = Buffer.from(characters);
    count(encoded.length);
    hash.update(encoded);
  };
  const kind = (code) => hash.update(Uint8Array.of(code));
  const absorb = (value) => {
    if (value === null) return kind(KINDS.null);
    if (typeof value === 'string') {
      kind(KINDS.text);
      return text(value);
    }
    if (typeof value !== 'object') {
      kind(KINDS[typeof value]);
      bytes.writeDoubleLE(Number(value));
      return hash.update(bytes);
    }
    const members = Array.isArray(value) ? value.map((member) => [undefined, member]) : Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    kind(Array.isArray(value) ? KINDS.array : KINDS.object);
    count(members.length);
    for (const [name, member] of members) {
      if (name !== undefined) text(name);
      absorb(member);
    }
  };
  text('lacuna json 1');
  absorb(state);
  return hash.digest('hex');
}

/** Codes of `JsonKind`. */
const KINDS = { null: 0, boolean: 1, number: 2, text: 3, array: 4, object: 5 };
