/** Names in quotes, of which reports have the same ones over and over. */
const quoted = new Map<string, string>();
/** How many of them are kept. */
const MOST_QUOTED = 256;

/**
 * JSON of a value with sorted keys, as in RFC 8785 (JSON Canonicalization Scheme); numbers that JSON
 * cannot hold become the texts "NaN", "Infinity" and "-Infinity", and typed arrays lists.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'number') return Number.isFinite(value) ? `${value}` : `"${value}"`;
  if (typeof value === 'bigint') return `"${value}"`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return `[${Array.from(value as ArrayLike<unknown>, canonicalJson).join()}]`;
  const members = value as Record<string, unknown>;
  let text = '';
  // Sorted by UTF-16 code units, as RFC 8785 wants it.
  for (const name of Object.keys(members).sort()) {
    const member = members[name];
    if (member !== undefined) text += `${text && ','}${quote(name)}:${canonicalJson(member)}`;
  }
  return `{${text}}`;
}

function quote(name: string): string {
  let text = quoted.get(name);
  if (text === undefined) {
    text = JSON.stringify(name);
    if (quoted.size < MOST_QUOTED) quoted.set(name, text);
  }
  return text;
}

/** A report without its times, which no other run repeats. */
export function timeless(report: object): object {
  const { setupTime: _, solveTime: __, ...rest } = report as Record<string, unknown>;
  return rest;
}
