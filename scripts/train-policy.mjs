// Trains the policy that the package ships, by every plan on systems of the trained families, and writes
// src/ts/policy/default-policy.json. The same sources give the same bytes: see test/js/runtime/acceptance.test.ts.
//   node scripts/build.mjs && node scripts/train-policy.mjs && node scripts/build.mjs
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadEngine } from '../dist/node.mjs';
import { rounded } from './lib/policy-state.mjs';
import { root } from './lib/run.mjs';

/** What the shipped policy is trained with. */
export const TRAINING = { systems: 714, seed: 20_261_130, runs: 'all' };

/** Significant digits that are kept: more tell nothing, and take half of the file. */
const DIGITS = 7;

/** The state after that training, as the text of a JSON file. */
export async function trainDefault() {
  const engine = await loadEngine();
  try {
    const { newPolicy } = await engine.maker('policy');
    // What worked on the patterns of the training is of no use to anybody: the memory is left empty but for one.
    const policy = newPolicy({ state: null, memoryEntries: 1 });
    await policy.train(engine, undefined, TRAINING);
    return `${JSON.stringify(rounded(policy.toJSON(), DIGITS))}\n`;
  } finally {
    engine.dispose();
  }
}

if (process.argv[1] === import.meta.filename) {
  const text = await trainDefault();
  writeFileSync(join(root, 'src', 'ts', 'policy', 'default-policy.json'), text);
  console.log(`${TRAINING.systems} systems, ${text.length} bytes`);
}
