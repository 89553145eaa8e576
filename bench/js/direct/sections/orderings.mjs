// Nested dissection against METIS_NodeND, both native.

import { contest, verdict } from '../lib/contest.mjs';
import { definiteSystems } from '../lib/systems.mjs';

export async function orderings(options) {
  const verdicts = [];
  console.log('| pattern | n | METIS flops | ms | lacuna flops | ms |\n|---|---|---|---|---|---|');
  for (const [name, system] of definiteSystems(options)) {
    if (system.A.rows < 5000) continue;
    const contenders = [['ours', 'lacuna native', 'ordering'], ['METIS', 'SuiteSparse', 'metis']];
    const times = await contest(system, contenders, options, Infinity);
    const [ours, metis] = [times.get('ours'), times.get('METIS')];
    if (!ours || !metis || metis.refused) return ['METIS or the native engine is not built: no figures'];
    const cells = [metis, ours].map((t) => `${t.flops.toExponential(2)} | ${t.analyze.toFixed(1)}`);
    console.log(`| ${name} | ${system.A.rows} | ${cells.join(' | ')} |`);
    verdicts.push(
      verdict(`${name}: flops of nested dissection over METIS's`, ours.flops / metis.flops, { atMost: 1.1 }),
      verdict(`${name}: its time over METIS's`, ours.analyze / metis.analyze, { atMost: 1 }),
    );
  }
  return verdicts;
}
