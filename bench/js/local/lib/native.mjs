// Native programs of bench/cpp/local: started once on a file, then asked line by line.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const BUILD = new URL('../../../../build/bench/', import.meta.url);

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A program that answers each line with one line of JSON; null where it is not built. */
export async function openNative(program, args) {
  const path = fileURLToPath(new URL(program, BUILD));
  if (!existsSync(path)) return null;
  const child = spawn(path, args, { stdio: ['pipe', 'pipe', 'inherit'] });
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
