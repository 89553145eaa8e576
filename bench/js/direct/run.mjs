// The benchmark of direct solvers: dense kernels against the engine's peak, orderings, Cholesky, LDLᵀ and
// LU of lacuna in WebAssembly against native libraries and against Eigen compiled to WebAssembly.
// Contenders are processes of their own and take turns; times are medians over the rounds.

import { parseArgs } from 'node:util';
import { machine } from '../harness/machine.mjs';
import { cholesky } from './sections/cholesky.mjs';
import { kernels } from './sections/kernels.mjs';
import { ldlt } from './sections/ldlt.mjs';
import { lu } from './sections/lu.mjs';
import { mixed } from './sections/mixed.mjs';
import { orderings } from './sections/orderings.mjs';
import { variants } from './sections/variants.mjs';

const SECTIONS = { kernels, orderings, cholesky, mixed, ldlt, lu, variants };

const USAGE = `Usage: node bench/js/direct/run.mjs [options]
  --only <a,b>     sections: ${Object.keys(SECTIONS).join(', ')} (default all)
  --system <a,b>   only systems whose name contains one of these
  --quick          smaller systems
  --rounds <n>     timed rounds (default 3)
  --seed <n>       seed of the right-hand sides (default 1)`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(SECTIONS).join(',') },
    system: { type: 'string' },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
const chosen = values.only.split(',');
const unknown = chosen.find((name) => !Object.hasOwn(SECTIONS, name));
if (values.help || unknown !== undefined) {
  console.log(unknown === undefined ? USAGE : `No section ${unknown}.\n\n${USAGE}`);
  process.exit(unknown === undefined ? 0 : 2);
}
process.env.OPENBLAS_NUM_THREADS = '1';
process.env.OMP_NUM_THREADS = '1';

const options = {
  quick: values.quick,
  rounds: Number(values.rounds),
  seed: Number(values.seed),
  wanted: (name) => values.system === undefined || values.system.split(',').some((word) => name.includes(word)),
};
const { cpu, node, engine, load } = machine();
console.log(`${cpu}, load ${load[0].toFixed(1)}; Node ${node}, ${engine}; one thread each.\n`);
for (const name of chosen) {
  const verdicts = await SECTIONS[name](options);
  if (verdicts.length > 0) console.log(`\n${verdicts.join('\n')}\n`);
}
process.exit(0);
