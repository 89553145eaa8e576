// One way of sublinear-time-solver on one system, in a process that can be killed.

import { SYSTEMS, WAYS } from './peer-cases.mjs';

const [system, way] = process.argv.slice(2);
try {
  const run = await WAYS[way](SYSTEMS[system]());
  const started = performance.now();
  const { x, entry, note } = await run();
  const ms = performance.now() - started;
  process.send({ ms, entry, note, x: x && Array.from(x, Number) }, () => process.exit(0));
} catch (error) {
  process.send({ error: String(error?.message ?? error).split('\n')[0] }, () => process.exit(0));
}
