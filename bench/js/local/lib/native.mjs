// Programs of bench/cpp/local, native or compiled to WebAssembly: started once on a file, then asked
// line by line.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const BUILD = new URL('../../../../build/bench/', import.meta.url);
const WASM_BUILD = new URL('../../../../build/bench-wasm/', import.meta.url);

const SOURCES = ['../../../../src/cpp/', '../../../cpp/'].map((folder) => new URL(folder, import.meta.url));

let upToDate;

/** Programs older than the sources measure what is no more: bench/setup.sh stamps what it builds. */
function requireUpToDate() {
  const stamp = new URL('built', BUILD);
  const built = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
  upToDate ??= SOURCES.every((folder) =>
    readdirSync(folder, { recursive: true }).every((name) => statSync(new URL(name, folder)).mtimeMs <= built),
  );
  if (!upToDate) throw new Error('the programs are older than src/cpp or bench/cpp: run bench/setup.sh');
}

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A program that answers each line with one line of JSON; null where it is not built. */
export function openNative(program, args) {
  const path = fileURLToPath(new URL(program, BUILD));
  return openBuilt(program, path, path, args);
}

/** lacuna's engines without the face, as WebAssembly in a Node process of its own. */
export function openWasm(program, args) {
  const path = fileURLToPath(new URL(`${program}.cjs`, WASM_BUILD));
  return openBuilt(`${program}.cjs`, path, process.execPath, [path, ...args]);
}

/** A script in a Node process of its own. */
export function openScript(url, args) {
  const path = fileURLToPath(url);
  return open(path, path, process.execPath, [path, ...args]);
}

async function openBuilt(program, path, command, args) {
  if (!existsSync(path)) return null;
  requireUpToDate();
  return open(program, path, command, args);
}

async function open(program, path, command, args) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  running.add(child);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${program} ended`);
    const parsed = JSON.parse(value);
    if (parsed.error) throw new Error(`${program}: ${parsed.error}`);
    return parsed;
  };
  const about = await answer();
  return {
    about,
    ask: (line) => {
      child.stdin.write(`${line}\n`);
      return answer();
    },
    close: () => {
      running.delete(child);
      child.kill('SIGKILL');
    },
  };
}
