// The benchmark of the policy: whether units of work follow time, and what its choices cost against an
// oracle, a fixed plan and the rules. All but calibration is counted in units, the same on every machine.
import { parseArgs } from 'node:util';
import { machine } from '../harness/machine.mjs';
import { acceptance } from './sections/acceptance.mjs';
import { breakEven } from './sections/break-even.mjs';
import { calibration } from './sections/calibration.mjs';
import { oracle } from './sections/oracle.mjs';
import { shared } from './sections/shared.mjs';

const SECTIONS = { calibration, oracle, shared, 'break-even': breakEven, acceptance };

const USAGE = `Usage: node bench/js/policy/run.mjs [options]
  --only <a,b>   sections: ${Object.keys(SECTIONS).join(', ')} (default all)
  --quick        fewer systems
  --seed <n>     seed of the systems (default 1)
  --seeds <n>    seeds of the acceptance test (default 20)`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(SECTIONS).join(',') },
    quick: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '20' },
    help: { type: 'boolean', default: false },
  },
});
const chosen = values.only.split(',');
const unknown = chosen.find((name) => !Object.hasOwn(SECTIONS, name));
if (values.help || unknown !== undefined) {
  console.log(unknown === undefined ? USAGE : `No section ${unknown}.\n\n${USAGE}`);
  process.exit(unknown === undefined ? 0 : 2);
}
const { cpu, node, engine } = machine();
console.log(`${cpu}; Node ${node}, ${engine}.\n`);
for (const name of chosen) {
  const verdicts = await SECTIONS[name]({ quick: values.quick, seed: Number(values.seed), seeds: Number(values.seeds) });
  console.log(`\n${verdicts.join('\n')}\n`);
}
process.exit(0);
