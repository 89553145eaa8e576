// Cholesky: lacuna against Eigen's SimplicialLLT, native and compiled to WebAssembly, and CHOLMOD.

import { contest, HEAD, row, verdict } from '../lib/contest.mjs';
import { definiteSystems } from '../lib/systems.mjs';
import { peak } from './kernels.mjs';

/** Total times: at least so many times as fast as Eigen, at most so many times CHOLMOD's time. */
const TARGETS = {
  ...Object.fromEntries(['chain 2000', 'star 2000', 'tree 2000', 'grid 40²', 'grid 100²', 'coarse harmonic'].map((name) => [name, { eigen: 1 }])),
  harmonic: { eigen: 1 },
  biharmonic: { eigen: 1.5 },
  triharmonic: { eigen: 3, cholmod: 3, peak: 0.45 },
  'poisson 30³': { eigen: 5, eigenWasm: 10, cholmod: 2 },
  'poisson 40³': { eigen: 5, eigenWasm: 10, cholmod: 2.6 },
};

const CONTENDERS = [
  ['lacuna', 'lacuna', 'cholesky'],
  ['its engine', 'lacuna wasm', 'cholesky'],
  ['engine native', 'lacuna native', 'cholesky'],
  ['Eigen native', 'Eigen native', 'cholesky'],
  ['Eigen wasm', 'Eigen wasm', 'cholesky'],
  ['CHOLMOD', 'SuiteSparse', 'cholmod'],
  ['CHOLMOD AMD', 'SuiteSparse', 'cholmod-amd'],
];

export async function cholesky(options) {
  const verdicts = [];
  let best;
  console.log(HEAD);
  for (const [name, system] of definiteSystems(options)) {
    const times = await contest(system, CONTENDERS, options, 1e-13);
    for (const [title, t] of times) console.log(row(name, title, t));
    if (TARGETS[name]?.peak) best ??= await peak();
    verdicts.push(...judged(name, times, best));
  }
  return verdicts;
}

function judged(name, times, best) {
  const ours = times.get('lacuna');
  if (!ours || ours.refused || ours.wrong !== undefined) return [`${name}: lacuna gave no answer`];
  const target = TARGETS[name] ?? {};
  const lines = [];
  const add = (text, figure, bound) => lines.push(verdict(`${name}: ${text}`, figure, bound));
  const faster = (title, text, atLeast) => {
    const other = times.get(title);
    if (other && !other.refused) add(`times as fast as ${text}`, other.total / ours.total, { atLeast });
  };
  faster('Eigen native', 'native Eigen SimplicialLLT', target.eigen);
  faster('Eigen wasm', 'Eigen SimplicialLLT in WebAssembly', target.eigenWasm);
  const cholmod = times.get('CHOLMOD');
  if (cholmod && !cholmod.refused) {
    add("times CHOLMOD's total time", ours.total / cholmod.total, { atMost: target.cholmod });
  }
  // A solve of the product refines and certifies, which CHOLMOD does not.
  const engine = times.get('its engine');
  if (engine && cholmod && !cholmod.refused) {
    add("times CHOLMOD's time of one solve, engine", engine.solve / cholmod.solve, { atMost: 1.5 });
  }
  if (engine) add('times as fast, 32 solves at once, engine', (32 * engine.solve) / engine.block, { atLeast: 3 });
  if (best && target.peak && engine) {
    add("share of the engine's peak in the factorization", engine.flops / engine.factor / 1e6 / best, { atLeast: target.peak });
  }
  return lines;
}
