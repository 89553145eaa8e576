import { compileBytes, compileFailed, loadFailed } from './compile.js';

/** Fetches and compiles while bytes arrive; any failure names URL, HTTP status and content type. */
export async function compileFromUrl(url: string | URL): Promise<WebAssembly.Module> {
  const wanted = String(url);
  let response: Response;
  try {
    response = await fetch(url);
  } catch (cause) {
    throw loadFailed(`${wanted} could not be fetched (${message(cause)})`, { url: wanted }, cause);
  }
  const contentType = response.headers.get('content-type');
  const details = { url: response.url || wanted, status: response.status, contentType };
  const source = `${details.url} (HTTP status ${response.status}, content type ${contentType ?? 'absent'})`;
  if (!response.ok) {
    await response.body?.cancel();
    throw loadFailed(`${source} is not there`, details);
  }

  // The streaming compiler accepts exactly this type and rejects all others; asked beforehand,
  // the bytes need not be kept twice for the case that it rejects.
  if (contentType?.trim().toLowerCase() === 'application/wasm' && WebAssembly.compileStreaming !== undefined) {
    try {
      return await WebAssembly.compileStreaming(response);
    } catch (cause) {
      throw compileFailed(source, details, cause);
    }
  }

  let bytes: ArrayBuffer;
  try {
    bytes = await response.arrayBuffer();
  } catch (cause) {
    throw loadFailed(`${source} broke off (${message(cause)})`, details, cause);
  }
  return compileBytes(bytes, source, details);
}

function message(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
