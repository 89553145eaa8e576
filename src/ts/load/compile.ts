import { LacunaError } from '../errors.js';

const REMEDY = 'Serve the .wasm files of the package as they are, or pass wasmUrl, wasmBinary or wasmModule';

/** The one shape of all failures to load: what, where, why, what to do. */
export function loadFailed(what: string, details: Record<string, unknown>, cause?: unknown, remedy = REMEDY): LacunaError {
  return new LacunaError('load-failed', what, { remedy, details, cause });
}

/** Compiles bytes from `source` (a URL, a path or an option's name). */
export async function compileBytes(
  bytes: BufferSource,
  source: string,
  details: Record<string, unknown>,
): Promise<WebAssembly.Module> {
  const start = firstBytes(bytes);
  // Said by us and first: "expected magic word 00 61 73 6d, found 3c 21 44 4f" helps nobody.
  if (start.length < 4 || start[0] !== 0 || start[1] !== 0x61 || start[2] !== 0x73 || start[3] !== 0x6d) {
    throw loadFailed(`${source} is not WebAssembly: ${describeStart(start)}`, details);
  }
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw compileFailed(source, details, cause);
  }
}

/** The error for WebAssembly that the engine refuses to compile. */
export function compileFailed(source: string, details: Record<string, unknown>, cause: unknown): LacunaError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const what = `${source} could not be compiled (${reason})`;
  // Both V8's and the CSP specification's words for "the embedder forbids it".
  if (/disallowed|unsafe-eval|content security policy/i.test(reason)) {
    return loadFailed(
      what,
      details,
      cause,
      "Allow 'wasm-unsafe-eval' in the page's script-src, or pass wasmModule where the host compiles modules itself",
    );
  }
  return loadFailed(what, details, cause);
}

function firstBytes(bytes: BufferSource): Uint8Array {
  const view = ArrayBuffer.isView(bytes)
    ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    : new Uint8Array(bytes);
  return view.subarray(0, 64);
}

function describeStart(start: Uint8Array): string {
  if (start.length === 0) return 'it is empty';
  const text = String.fromCharCode(...start);
  if (/^\s*<(!doctype|html|head|body|\?xml)/i.test(text)) return 'it is an HTML page, so the file is probably missing there';
  const hex = Array.from(start.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `it begins with ${hex} instead of 00 61 73 6d`;
}
