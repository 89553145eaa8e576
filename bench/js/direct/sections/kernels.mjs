// Dense kernels in WebAssembly against the engine's peak, a loop over registers alone.

import { openWasm } from '../../local/lib/native.mjs';
import { verdict } from '../lib/contest.mjs';

export async function kernels() {
  const program = await openWasm('bench-direct-engine', []);
  if (!program) return ['bench-direct-engine is not built as WebAssembly: no figures'];
  // The first call runs the engine's baseline code.
  const cold = await program.ask('kernels');
  const warm = await program.ask('kernels');
  program.close();
  console.log('| kernel in WebAssembly | first GFLOP/s | warm | share of the peak |\n|---|---|---|---|');
  for (const [name, rate] of Object.entries(warm)) {
    console.log(`| ${name} | ${cold[name].toFixed(1)} | ${rate.toFixed(1)} | ${((100 * rate) / warm.peak).toFixed(0)} % |`);
  }
  return [verdict('gemm256 over the peak', warm.gemm256 / warm.peak, { atLeast: 0.6 })];
}

/** The engine's peak in GFLOP/s; nothing where the program is not built. */
export async function peak() {
  const program = await openWasm('bench-direct-engine', []);
  if (!program) return undefined;
  await program.ask('kernels');
  const { peak } = await program.ask('kernels');
  program.close();
  return peak;
}
