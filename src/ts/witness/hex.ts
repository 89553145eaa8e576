/** Bytes as hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += (byte + 256).toString(16).slice(1);
  return text;
}

/** The bytes of so many hexadecimal digits; undefined where it is something else. */
export function fromHex(text: unknown, length: number): Uint8Array<ArrayBuffer> | undefined {
  if (typeof text !== 'string' || text.length !== 2 * length || !/^[\da-f]*$/.test(text)) return undefined;
  return Uint8Array.from({ length }, (_, k) => Number.parseInt(text.slice(2 * k, 2 * k + 2), 16));
}
