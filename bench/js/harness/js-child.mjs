// Child process that holds one JavaScript contender with one system, and answers timed runs.
// In a process of its own: a contender can be killed, and its types don't pollute another's code.

import { readFileSync } from 'node:fs';
import { contenders } from './registry.mjs';
import { readSystem } from './system-file.mjs';

let contender;
let state;

async function run() {
  const started = performance.now();
  const factor = await contender.setup(state);
  const ready = performance.now();
  const { x, iterations, note } = await contender.solve(state, factor);
  const done = performance.now();
  // A copy, because some solvers return a view that their next call overwrites.
  const solution = contender.extract ? contender.extract(x) : Float64Array.from(x);
  contender.dispose?.(factor);
  return { setup: ready - started, solve: done - ready, x: solution, iterations, note };
}

/** Peak resident memory; 0 where there is no /proc. Not resourceUsage(): that starts with the parent's. */
function peakBytes() {
  try {
    return 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  } catch {
    return 0;
  }
}

async function answer(message) {
  if (message.type === 'open') {
    contender = (await contenders()).find(({ name }) => name === message.contender);
    state = await contender.prepare(readSystem(message.system));
    return {};
  }
  return { ...(await run()), peakBytes: peakBytes() };
}

process.on('message', async (message) => {
  try {
    process.send({ ok: true, ...(await answer(message)) });
  } catch (error) {
    process.send({ ok: false, error: String(error?.message ?? error) });
  }
});
