// How long until lacuna is of use, each figure a median over fresh Node processes, and what a call
// costs afterwards. Prints targets beside the figures; never fails on time.
//
//   node bench/js/start-up.mjs [--processes 21] [--out file.json]

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine } from './harness/machine.mjs';
import { spread } from './harness/stats.mjs';

const DIST = new URL('../../dist/', import.meta.url);
const VARIANTS = { scalar: 'core.wasm', simd: 'core-simd.wasm' };

/** [key, label, unit, target] in the order printed. */
const FIGURES = [
  ['process', 'empty Node process', 'ms', undefined],
  ['import', 'import of the package', 'ms', undefined],
  ['firstSolve', 'import to first solved 10×10 system', 'ms', 60],
  ['module', 'compile + instantiate the module', 'ms', 10],
  ['hotSolve', 'solve into a kept array, 10×10', 'µs', undefined],
  ['hotRhs', 'the same with the right-hand side kept too', 'µs', undefined],
  ['bound', 'one Embind call (engine.capabilities())', 'µs', undefined],
];

function probe(task, variant) {
  const script = fileURLToPath(new URL('./harness/start-up-child.mjs', import.meta.url));
  const started = performance.now();
  const output = execFileSync(process.execPath, [script, task, variant], { encoding: 'utf8' });
  return { process: performance.now() - started, ...JSON.parse(output) };
}

/** Tasks and variants take turns, so that a slow minute of the machine falls on all of them. */
function measure(processes) {
  const samples = Object.fromEntries(Object.keys(VARIANTS).map((variant) => [variant, {}]));
  const keep = (variant, figures) => {
    for (const [key, value] of Object.entries(figures)) (samples[variant][key] ??= []).push(value);
  };
  for (let k = 0; k < processes; k++) {
    for (const variant of Object.keys(VARIANTS)) {
      keep(variant, { process: probe('nothing', variant).process });
      const { process: _, ...first } = probe('first-solve', variant);
      const { process: __, ...module } = probe('module', variant);
      keep(variant, { ...first, ...module });
      if (k < 5) {
        const { process: ___, ...hot } = probe('hot', variant);
        keep(variant, hot);
      }
    }
  }
  return samples;
}

function print(samples) {
  for (const [variant, file] of Object.entries(VARIANTS)) {
    console.log(`\n${variant} (${file}, ${(statSync(new URL(file, DIST)).size / 1000).toFixed(0)} kB)`);
    for (const [key, label, unit, target] of FIGURES) {
      const values = samples[variant][key];
      if (!values) continue;
      const { median, low, high } = spread(values);
      const figure = `${median.toFixed(2)} ${unit} [${low.toFixed(2)}–${high.toFixed(2)}]`;
      const verdict = target === undefined ? '' : `  target < ${target} ${unit}: ${median < target ? 'met' : 'MISSED'}`;
      console.log(`  ${label.padEnd(44)}${figure.padStart(26)}  n = ${values.length}${verdict}`);
    }
  }
}

const { values: options } = parseArgs({
  options: { processes: { type: 'string', default: '21' }, out: { type: 'string' } },
});
const processes = Math.max(15, Number(options.processes) || 0);

if (!existsSync(new URL('node.mjs', DIST))) {
  console.error('dist/ is not built: run npm run build first.');
  process.exitCode = 2;
} else {
  const about = { date: new Date().toISOString(), machine: machine() };
  console.log(`Start-up, medians [quartiles] over ${processes} fresh processes; ${about.machine.cpu}, Node ${process.version}`);
  const samples = measure(processes);
  print(samples);
  const stamp = about.date.slice(0, 19).replaceAll(':', '');
  const file = options.out ?? fileURLToPath(new URL(`../results/${stamp}-start-up.json`, import.meta.url));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ ...about, loadAfter: loadavg(), samples }, null, 1));
  console.log(`\nRaw samples: ${relative(process.cwd(), file)}`);
}
