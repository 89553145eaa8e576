// The benchmark of direct solvers: dense kernels against the engine's peak, then analysis,
// factorization and solves of lacuna's supernodal Cholesky in WebAssembly against native libraries.
// Contenders are processes of their own and take turns; times are medians over the rounds.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine } from '../harness/machine.mjs';
import { median } from '../harness/stats.mjs';
import { writeSystem } from '../harness/system-file.mjs';
import { openNative, openWasm } from '../local/lib/native.mjs';
import { systems } from './systems.mjs';

const USAGE = `Usage: node bench/js/direct/run.mjs [options]
  --only <a,b>   sections: kernels, systems
  --quick        smaller systems
  --rounds <n>   timed rounds (default 3)
  --seed <n>     seed of the right-hand sides (default 1)`;

/** What the issue asks of total times: at least so many times as fast as native SimplicialLLT, at most
 * so many times CHOLMOD's time. */
const TARGETS = {
  harmonic: { eigen: 1 },
  biharmonic: { eigen: 1.5 },
  triharmonic: { eigen: 3, cholmod: 3 },
  'poisson 30³': { eigen: 5, cholmod: 2 },
  'poisson 40³': { eigen: 5, cholmod: 2.6 },
};

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'kernels,systems' },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
process.env.OPENBLAS_NUM_THREADS = '1';
process.env.OMP_NUM_THREADS = '1';

const { cpu, node, engine, load } = machine();
console.log(`${cpu}, load ${load[0].toFixed(1)}; Node ${node}, ${engine}; one thread each.\n`);
const verdict = (fine) => (fine ? 'met' : 'MISSED');
if (values.only.includes('kernels')) await kernels();
if (values.only.includes('systems')) await whole();
process.exit(0);

async function kernels() {
  const program = await openWasm('bench-direct-engine', []);
  if (!program) return console.log('bench-direct-engine is not built: no figures\n');
  // The first call runs the engine's baseline code.
  const cold = await program.ask('kernels');
  const warm = await program.ask('kernels');
  program.close();
  console.log('| kernel in WebAssembly | first GFLOP/s | warm | share of the peak |\n|---|---|---|---|');
  for (const [name, rate] of Object.entries(warm)) {
    console.log(`| ${name} | ${cold[name].toFixed(1)} | ${rate.toFixed(1)} | ${((100 * rate) / warm.peak).toFixed(0)} % |`);
  }
  // No product is faster than registers alone: then the engine compiled that loop badly.
  const measured = warm.peak >= warm.gemm256;
  console.log(`\ngemm256 ≥ 60 % of the peak: ${measured ? verdict(warm.gemm256 >= 0.6 * warm.peak) : 'not told, the loop over registers is slower than the product'}\n`);
}

async function whole() {
  const folder = mkdtempSync(join(tmpdir(), 'lacuna-direct-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  console.log('| system | contender | analyze ms | factor ms | total | GFLOP/s | solve ms | 32 at once |\n|---|---|---|---|---|---|---|---|');
  const verdicts = [];
  for (const [name, system] of systems({ quick: values.quick, seed: Number(values.seed) })) {
    const file = join(folder, 'system.bin');
    writeSystem(file, system);
    const contenders = [
      ['lacuna wasm', await openWasm('bench-direct-engine', [file]), 'run'],
      ['lacuna native', await openNative('bench-direct-engine', [file]), 'run'],
      ['Eigen native', await openNative('bench-direct-reference', [file]), 'eigen'],
      ['CHOLMOD', await openNative('bench-direct-reference', [file]), 'cholmod'],
      ['CHOLMOD AMD', await openNative('bench-direct-reference', [file]), 'cholmod-amd'],
    ].filter(([, program]) => program);
    // The first call runs the engine's baseline code.
    await contenders.find(([title]) => title === 'lacuna wasm')?.[1].ask('run');
    const samples = new Map(contenders.map(([title]) => [title, []]));
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const [title, program, line] of contenders) {
        const sample = await program.ask(line);
        if (!(sample.residual <= 1e-13)) throw new Error(`${name}, ${title}: backward error ${sample.residual}`);
        samples.get(title).push(sample);
      }
    }
    contenders.forEach(([, program]) => program.close());
    const times = new Map([...samples].map(([title, list]) => [title, middle(list)]));
    for (const [title, t] of times) {
      const rate = t.flops > 0 ? (t.flops / t.factor / 1e6).toFixed(1) : '';
      console.log(`| ${name} | ${title} | ${t.analyze.toFixed(1)} | ${t.factor.toFixed(1)} | ${t.total.toFixed(1)} | ${rate} | ${t.solve.toFixed(2)} | ${t.block.toFixed(1)} |`);
    }
    verdicts.push(...judged(name, times));
  }
  console.log(`\n${verdicts.join('\n')}\n`);
}

function middle(list) {
  const of = (key) => median(list.map((sample) => sample[key]));
  return { ...Object.fromEntries(Object.keys(list[0]).map((key) => [key, of(key)])), total: median(list.map((t) => t.analyze + t.factor)) };
}

function judged(name, times) {
  const ours = times.get('lacuna wasm');
  if (!ours) return [`${name}: the WebAssembly engine is not built`];
  const lines = [];
  const eigen = times.get('Eigen native');
  const cholmod = times.get('CHOLMOD');
  const target = TARGETS[name] ?? {};
  const add = (text, figure, bound, fine) => lines.push(`${name}: ${text} ${figure.toFixed(2)}${bound === undefined ? '' : ` (${bound}: ${verdict(fine(figure))})`}`);
  if (eigen) add('times as fast as native Eigen SimplicialLLT', eigen.total / ours.total, target.eigen && `at least ${target.eigen}`, (v) => v >= target.eigen);
  if (cholmod) {
    add("times CHOLMOD's total time", ours.total / cholmod.total, target.cholmod && `at most ${target.cholmod}`, (v) => v <= target.cholmod);
    add("times CHOLMOD's time of one solve", ours.solve / cholmod.solve, 'at most 1.5', (v) => v <= 1.5);
  }
  add('times as fast, 32 solves at once', (32 * ours.solve) / ours.block, 'at least 3', (v) => v >= 3);
  return lines;
}
