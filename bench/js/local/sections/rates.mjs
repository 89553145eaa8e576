// Engine rates where every touch is a cache miss: push in nanoseconds an edge, walks in nanoseconds a
// step, against JavaScript written as strong as we can and against the same in C++. `lacuna` is what
// users call; `engine` is the core without the face, from the same sources as WebAssembly and natively.

import { join } from 'node:path';
import { median, ratio } from '../../harness/stats.mjs';
import { uniform } from '../../lib/random.mjs';
import { packed, threeArrays } from '../baselines/push.mjs';
import { aliasTables, CONTRACTION, interleaved, oneByOne, SCALE, signAt } from '../baselines/walks.mjs';
import { expander, regularGraph } from '../lib/expander.mjs';
import { writeGraph } from '../lib/graph-file.mjs';
import { openGraph } from '../lib/lacuna.mjs';
import { openNative, openWasm } from '../lib/native.mjs';
import { ABSENT, factorText, figure, figures, mean, power } from '../lib/report.mjs';
import { rooflines } from '../lib/roofline.mjs';
import { takeTurns, timed } from '../lib/rounds.mjs';
import { gaussSeidel } from '../lib/truth.mjs';

const TELEPORT = 0.15;

export async function run(report, options) {
  await push(report, options);
  globalThis.gc?.();
  await walks(report, options);
}

async function push(report, { quick, rounds, seed, folder }) {
  const n = quick ? 1_000_000 : 4_000_000;
  const epsilon = 0.1 / n;
  const graph = regularGraph(n, seed);
  const source = Math.floor(uniform(seed + 1)() * n);
  report.line(`Push on a random 9-regular graph, n = ${power(n)}, from one source, teleport ${TELEPORT}, until each residual is below ${figure(epsilon)} × degree; the touched state is larger than the cache.\n`);
  const file = join(folder, 'regular.bin');
  writeGraph(file, graph);
  const native = await openNative('bench-local-rates', ['push', file]);
  const engines = await openEngines('graphs', 'graph', file);
  const ours = await openGraph(graph, { directed: false });
  const three = threeArrays(graph);
  const record = packed(graph);
  agree(three, record, source, graph, epsilon);

  const perEdge = ({ total, edges, pushes, ...rest }) => ({ total: (1e6 * total) / edges, ms: total, edges, pushes, ...rest });
  const askNative = (how) => native && { name: `C++ ${how}`, run: async () => perEdge(await native.ask(`${how} ${source} ${TELEPORT} ${epsilon}`)) };
  const samples = await takeTurns(
    [
      { name: 'JS three arrays', run: () => perEdge(three.run(source, TELEPORT, epsilon)) },
      { name: 'JS packed record', run: () => perEdge(record.run(source, TELEPORT, epsilon)) },
      askNative('three'),
      askNative('packed'),
      ...engines.map(({ name, ask }) => ({ name, run: async () => perEdge(await ask(`personalized ${source} ${TELEPORT} ${epsilon}`)) })),
      ours && {
        name: 'lacuna',
        run: () => {
          const { total, value } = timed(() => ours.personalized(source, { teleport: TELEPORT, epsilon }));
          return perEdge({ total, edges: value.work.entries, pushes: value.work.pushes, scores: value.indices.length, touched: value.work.touched });
        },
      },
    ],
    { rounds, seed },
  );
  [native, ...engines].forEach((program) => program?.close());
  ours?.dispose();
  report.keep('push', Object.fromEntries(samples));
  rateTable(report, samples, 'ns an edge', ['pushes', 'edges'], ['JS three arrays', 'JS packed record', 'engine natively'], ['lacuna', ...ENGINES]);
  const against = (name) => inverse(samples.get('lacuna'), samples.get(name));
  report.target('push: JS three arrays over lacuna, time an edge', against('JS three arrays'), { least: 3 }, '×');
  report.target('push: JS packed record over lacuna, time an edge', against('JS packed record'), { least: 1.5 }, '×');
  report.target('push: lacuna over the same natively, time an edge', inverse(samples.get('engine natively'), samples.get('lacuna')), { most: 1.3 }, '×');
  report.line();
  const lacuna = samples.get('lacuna');
  if (lacuna?.length) {
    const of = (key) => median(lacuna.map((sample) => sample[key]));
    rooflines(report, [['lacuna', of('ms'), [['rows', 2 * of('scores'), 4 * (graph.indices.length + n)], ['arcs', of('edges'), 32 * of('touched')]]]]);
  }
}

/** Both baselines do the same pushes; their scores agree, and with the residuals make up 1. */
function agree(three, record, source, { n, indptr, indices }, epsilon) {
  three.run(source, TELEPORT, epsilon);
  record.run(source, TELEPORT, epsilon);
  const [p, q] = [three.scores(), record.scores()];
  let distance = 0;
  for (let v = 0; v < n; v++) distance += Math.abs(p[v] - q[v]);
  if (!(distance < 1e-12)) throw new Error(`the two pushes differ by ${distance}`);
  // r = e − (1/teleport)·(I − (1 − teleport)·P)p must be ≥ 0 and below the threshold.
  const r = Float64Array.from(p, (value) => -value / TELEPORT);
  r[source] += 1;
  for (let u = 0; u < n; u++) {
    const share = ((1 - TELEPORT) * p[u]) / TELEPORT / (indptr[u + 1] - indptr[u]);
    if (share > 0) for (let k = indptr[u]; k < indptr[u + 1]; k++) r[indices[k]] += share;
  }
  for (let v = 0; v < n; v++) {
    const degree = indptr[v + 1] - indptr[v];
    if (r[v] < -1e-12 || r[v] > epsilon * degree + 1e-12) throw new Error(`residual ${r[v]} at ${v}`);
  }
}

async function walks(report, { quick, rounds, seed, folder }) {
  const n = quick ? 500_000 : 2_000_000;
  const count = quick ? 50_000 : 200_000;
  const A = expander(n, seed, CONTRACTION);
  const b = new Float64Array(n);
  for (let v = 0; v < n; v++) b[v] = signAt(v);
  const node = Math.floor(uniform(seed + 2)() * n);
  const truth = gaussSeidel(A, b, 1e-10)[node];
  report.line(`Walks for one entry of a random dominant system, nine entries a row, n = ${power(n)}, ${count.toLocaleString('en')} walks of 15 steps in the mean.\n`);
  const file = join(folder, 'walks.bin');
  writeGraph(file, A);
  const native = await openNative('bench-local-rates', ['walk', file]);
  const slots = aliasTables(A);
  let turn = seed;
  // A walk gives ±SCALE; five standard deviations.
  const check = ({ value }) => {
    const error = Math.abs(value - truth);
    if (error > (5 * SCALE) / Math.sqrt(count)) throw new Error(`off by ${error}`);
  };
  const perStep = ({ total, steps, mean: value }) => ({ total: (1e6 * total) / steps, ms: total, steps, value });
  const inScript = (name, walk) => ({
    name,
    check,
    run: () => {
      const { total, value } = timed(() => walk(slots, node, count, turn++));
      return perStep({ total, ...value });
    },
  });
  const askNative = (how) => native && { name: `C++ ${how}`, check, run: async () => perStep(await native.ask(`${how} ${node} ${count} ${turn++}`)) };
  const engines = await openEngines('walks', 'walk', file);
  const lanes = ({ name, ask }, inFlight) => ({
    name: inFlight === 1 ? `${name}, one by one` : name,
    check,
    run: async () => perStep(await ask(`walks ${inFlight} ${node} ${count} ${turn++}`)),
  });
  const samples = await takeTurns(
    [
      inScript('JS one by one', oneByOne),
      inScript('JS interleaved', interleaved),
      askNative('single'),
      askNative('interleaved'),
      ...engines.flatMap((engine) => [lanes(engine, 1), lanes(engine, 32)]),
    ],
    { rounds, seed },
  );
  [native, ...engines].forEach((program) => program?.close());
  report.keep('walks', Object.fromEntries(samples));
  rateTable(report, samples, 'ns a step', ['steps'], ['JS one by one', 'JS interleaved', 'engine natively'], ENGINES);
  report.line('A time counts only if the answer is within five standard deviations of the true value.\n');
  const [wasm] = ENGINES;
  report.target('walks: one by one over interleaved, in WebAssembly', inverse(samples.get(wasm), samples.get(`${wasm}, one by one`)), { least: 3 }, '×');
}

const ENGINES = ['engine in wasm', 'engine natively'];

/** Both builds of lacuna's engines, where they have the part wanted. */
async function openEngines(part, ...args) {
  const opened = [await openWasm('bench-local-engine', args), await openNative('bench-local-engine', args)];
  opened.forEach((program) => program && !program.about[part] && program.close());
  return opened.map((program, k) => program && { name: ENGINES[k], ...program }).filter((program) => program?.about[part]);
}

/** Median factor by which `other` is slower than `mine`. */
function inverse(mine, other) {
  return mine?.length && other?.length ? ratio(other, mine).median : undefined;
}

function rateTable(report, samples, unit, counts, references, expected) {
  for (const name of expected) if (!samples.has(name)) samples.set(name, []);
  const rows = [...samples].map(([name, list]) => [
    name,
    list.error ?? figures(list.map(({ total }) => total)),
    ...counts.map((key) => (list.length ? Math.round(mean(list.map((sample) => sample[key]))).toLocaleString('en') : list.error ? '–' : ABSENT)),
    ...references.map((reference) => (list.length && samples.get(reference)?.length ? factorText(ratio(list, samples.get(reference))) : '–')),
  ]);
  report.table(['', unit, ...counts, ...references.map((name) => `× ${name}`)], rows);
}
