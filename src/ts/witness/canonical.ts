/** Times of reports, which no other run repeats. */
const TIMES = new Set(['setupTime', 'solveTime']);

/**
 * JSON of a value with sorted keys, as in RFC 8785 (JSON Canonicalization Scheme); numbers that JSON
 * cannot hold become the texts "NaN", "Infinity" and "-Infinity", and typed arrays lists.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return `"${value}"`;
  if (typeof value === 'bigint') return `"${value}"`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return `[${Array.from(value as ArrayLike<unknown>, canonicalJson).join()}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.sort(byName).map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join()}}`;
}

/** By UTF-16 code units, as RFC 8785 wants it. */
function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** A report without its times. */
export function timeless(report: object): object {
  return Object.fromEntries(Object.entries(report).filter(([name]) => !TIMES.has(name)));
}
