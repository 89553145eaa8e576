// Least squares by sparse QR: lacuna in WebAssembly and natively, with and without Q, against native
// Eigen SparseQR and SuiteSparseQR. Contenders are processes of their own; each time is the best of
// three runs at least. Ratios are those of WebAssembly to native.

import { parseArgs } from 'node:util';
import { machine } from '../harness/machine.mjs';
import { openNative, openWasm } from '../local/lib/native.mjs';

/** Sizes are those of `bench/cpp/direct/qr.cpp`; Eigen's takes minutes on the ones that it is not asked. */
const SYSTEMS = [
  ['network 50', { eigen: true }],
  ['network 150', { eigen: false }],
  ['smoothing 40', { eigen: true }],
  ['smoothing 120', { eigen: false }],
  ['random 300', { eigen: true }],
  ['random 800', { eigen: false }],
  ['band 5000', { eigen: false }],
  ['dense 100', { eigen: false }],
  ['flow 100', { eigen: false }],
];

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
process.env.OPENBLAS_NUM_THREADS = '1';
const { cpu, node, engine, load } = machine();
console.log(`${cpu}, load ${load[0].toFixed(1)}; Node ${node}, ${engine}; one thread each.\n`);
const wasm = await openWasm('bench-direct-qr', []);
const native = await openNative('bench-direct-qr', []);
if (!native || !wasm) {
  console.log('bench-direct-qr is not built: see bench/setup.sh');
  process.exit(1);
}
console.log('| system | contender | set-up ms | solve ms | entries | GFLOP/s | error |\n|---|---|---|---|---|---|---|');
const verdicts = [];
for (const [system, { eigen }] of SYSTEMS.filter(([name]) => name.startsWith(values.only))) {
  const times = new Map();
  const contenders = [
    ['lacuna wasm', wasm, 'lacuna'],
    ['lacuna wasm without Q', wasm, 'seminormal'],
    ['lacuna native', native, 'lacuna'],
    ['SuiteSparseQR', native, 'spqr'],
    ...(eigen ? [['Eigen native', native, 'eigen']] : []),
  ];
  for (const [title, program, name] of contenders) {
    const t = await program.ask(`${name} ${system}`);
    if (t.missing) continue;
    if (!(t.gradient <= 1e-13)) throw new Error(`${system}, ${title}: error ${t.gradient}`);
    times.set(title, t);
    const rate = t.flops > 0 ? (t.flops / t.setup / 1e6).toFixed(1) : '';
    console.log(`| ${system}, ${t.rows} × ${t.cols} | ${title} | ${t.setup.toFixed(1)} | ${t.solve.toFixed(2)} | ${t.nnz > 0 ? t.nnz.toExponential(2) : ''} | ${rate} | ${t.gradient.toExponential(0)} |`);
  }
  const ours = times.get('lacuna wasm');
  for (const title of ['Eigen native', 'SuiteSparseQR']) {
    const t = times.get(title);
    if (t) verdicts.push(`${system}: ${(t.setup / ours.setup).toFixed(2)} times as fast as ${title} to factor, ${(t.solve / ours.solve).toFixed(2)} to solve`);
  }
}
console.log(`\n${verdicts.join('\n')}\n`);
wasm.close();
native.close();
