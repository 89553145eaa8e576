// Programs of bench/cpp/local, native or compiled to WebAssembly: started once on a file, then asked
// line by line.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const BUILD = new URL('../../../../build/bench/', import.meta.url);
const WASM_BUILD = new URL('../../../../build/bench-wasm/', import.meta.url);

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A program that answers each line with one line of JSON; null where it is not built. */
export function openNative(program, args) {
  const path = fileURLToPath(new URL(program, BUILD));
  return open(program, path, path, args);
}

/** lacuna's engines without the face, as WebAssembly in a Node process of its own. */
export function openWasm(program, args) {
  const path = fileURLToPath(new URL(`${program}.cjs`, WASM_BUILD));
  return open(`${program}.cjs`, path, process.execPath, [path, ...args]);
}

/** A script in a Node process of its own. */
export function openScript(url, args) {
  const path = fileURLToPath(url);
  return open(path, path, process.execPath, [path, ...args]);
}

async function open(program, path, command, args) {
  if (!existsSync(path)) return null;
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
