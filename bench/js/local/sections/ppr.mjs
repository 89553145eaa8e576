// Personalised PageRank from one source: lacuna against a native push over dense vectors of the same
// threshold, and certified lists of the ten highest scores.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { median, quantile, ratio } from '../../harness/stats.mjs';
import { uniform } from '../../lib/random.mjs';
import { personalizedByIteration } from '../baselines/power-iteration.mjs';
import { doublesOf, writeGraph } from '../lib/graph-file.mjs';
import { openGraph } from '../lib/lacuna.mjs';
import { openNative, openWasm } from '../lib/native.mjs';
import { ABSENT, factorText, figure, figures, mean, power } from '../lib/report.mjs';
import { preferentialAttachment } from '../lib/power-law.mjs';
import { rooflines } from '../lib/roofline.mjs';
import { takeTurns, timed } from '../lib/rounds.mjs';

const TELEPORT = 0.15;
const EPSILON = 1e-6;

export async function run(report, { quick, rounds, seed, folder, part: [part, parts] }) {
  const n = quick ? 100_000 : 1_000_000;
  const perRound = quick ? 5 : 10;
  const graph = preferentialAttachment(n, 5, seed);
  const degree = (v) => graph.indptr[v + 1] - graph.indptr[v];
  const next = uniform(seed + 1);
  const sources = Array.from({ length: perRound * rounds }, () => Math.floor(next() * n));
  report.line(
    `Preferential attachment, n = ${power(n)}, mean degree ${(graph.indices.length / n).toFixed(2)}, exponent 3, labels shuffled; teleport ${TELEPORT}, residuals below ${figure(EPSILON)} × degree; ${perRound} new sources in each round, ms for one.\n`,
  );
  const file = join(folder, 'power-law.bin');
  writeGraph(file, graph);
  const native = await openNative('bench-local-ppr', [file]);
  const engines = [await openWasm('bench-local-engine', ['graph', file]), await openNative('bench-local-engine', ['graph', file])];
  const ours = await openGraph(graph, { directed: false });

  await checkOne(report, { graph, degree, native, ours, source: sources[0], dump: join(folder, 'scores.bin') });

  const each = async (round, query) => {
    const results = [];
    for (let k = 0; k < perRound; k++) results.push(await query(sources[(Math.abs(round) * perRound + k) % sources.length]));
    const average = (key) => mean(results.map((result) => result[key]));
    return { total: average('total'), pushes: average('pushes'), edges: average('edges'), scores: average('scores'), touched: average('touched') };
  };
  const askNative = (how, name) => native && { name, run: (round) => each(round, (source) => native.ask(`${how} ${source} ${TELEPORT} ${EPSILON}`)) };
  const samples = await takeTurns(
    [
      askNative('dense', 'C++, dense vectors'),
      askNative('kept', 'C++, dense vectors kept'),
      ...['engine in wasm', 'engine natively'].map(
        (name, k) => engines[k]?.about.graphs && { name, run: (round) => each(round, (source) => engines[k].ask(`personalized ${source} ${TELEPORT} ${EPSILON}`)) },
      ),
      ours && {
        name: 'lacuna',
        run: (round) =>
          each(round, (source) => {
            const { total, value } = timed(() => ours.personalized(source, { teleport: TELEPORT, epsilon: EPSILON }));
            return { total, pushes: value.work.pushes, edges: value.work.entries, scores: value.indices.length, touched: value.work.touched };
          }),
      },
    ],
    { rounds, warmUp: 2, seed },
  );
  report.keep('queries', Object.fromEntries(samples));
  if (!samples.has('lacuna')) samples.set('lacuna', []);
  const dense = samples.get('C++, dense vectors');
  const count = (list, key) => (list.length ? Math.round(mean(list.map((sample) => sample[key]))).toLocaleString('en') : ABSENT);
  report.table(
    ['', 'ms', 'pushes', 'edges', 'scores', '× C++, dense vectors'],
    [...samples].map(([name, list]) => [
      name,
      list.error ?? figures(list.map(({ total }) => total)),
      count(list, 'pushes'),
      count(list, 'edges'),
      count(list, 'scores'),
      list.length && dense?.length ? factorText(ratio(list, dense)) : '–',
    ]),
  );
  const lacuna = samples.get('lacuna');
  report.target('personalised PageRank: C++ with dense vectors over lacuna', lacuna.length && dense?.length ? ratio(dense, lacuna).median : undefined, { least: 3 }, '×');
  report.line();
  const of = (list, key) => (key === 'total' ? median : mean)(list.map((sample) => sample[key]));
  const stored = 4 * (graph.indices.length + n);
  // A row with a score has its bounds and its arcs in one line each, at the least; of each arc the state
  // of its end: slots of 16 bytes, half of them free, or two vectors.
  const memory = (name, list, state) => [name, of(list, 'total'), [['rows', 2 * of(list, 'scores'), stored], ['arcs', of(list, 'edges'), state(list)]]];
  rooflines(report, [
    ...(lacuna.length ? [memory('lacuna', lacuna, (list) => 32 * of(list, 'touched'))] : []),
    ...(dense?.length ? [memory('C++, dense vectors', dense, () => 16 * n)] : []),
  ]);
  const asked = Array.from({ length: quick ? 20 : 100 }, () => Math.floor(next() * n));
  topTen(report, { ours, sources: asked.filter((_, k) => k % parts === part - 1), graph, quick });
  [native, ...engines].forEach((program) => program?.close());
  ours?.dispose();
}

/** Scores from below, each within ε × degree of the true one: checked against power iteration. */
async function checkOne(report, { graph, degree, native, ours, source, dump }) {
  const truth = personalizedByIteration(graph, Int32Array.from({ length: graph.n }, (_, v) => degree(v)), source, TELEPORT, 1e-13);
  const hold = (name, score) => {
    for (let v = 0; v < graph.n; v++) {
      const error = truth[v] - score(v);
      if (error < -1e-12 || error > EPSILON * degree(v) + 1e-12) throw new Error(`${name}: ${error} off at ${v}`);
    }
  };
  for (const how of native ? ['dense', 'kept', 'kept'] : []) {
    await native.ask(`${how} ${source} ${TELEPORT} ${EPSILON} ${dump}`);
    const scores = doublesOf(readFileSync(dump));
    hold(how, (v) => scores[v]);
  }
  if (ours) {
    const { indices, values } = ours.personalized(source, { teleport: TELEPORT, epsilon: EPSILON });
    const scores = new Float64Array(graph.n);
    indices.forEach((v, k) => (scores[v] = values[k]));
    hold('lacuna', (v) => scores[v]);
  }
  report.line('Checked against power iteration: every score lies at most ε × degree below the true one, never above.\n');
}

/** Ranks that differ by less than this share of the tenth need not be told apart. */
const RESOLUTION = 1e-6;

/** The ten highest for each source; a few of the lists against power iteration. */
function topTen(report, { ours, sources, graph, quick }) {
  if (!ours) {
    report.table(['top 10', 'certified', 'ms'], [[`${sources.length} sources`, ABSENT, ABSENT]]);
    report.target('certified lists of ten', undefined, { least: sources.length });
    return;
  }
  const times = [];
  let certified = 0;
  const outDegree = Int32Array.from({ length: graph.n }, (_, v) => graph.indptr[v + 1] - graph.indptr[v]);
  sources.forEach((source, k) => {
    const { total, value } = timed(() => ours.topK(source, 10, { teleport: TELEPORT, resolution: RESOLUTION, maxEntries: 3e8 }));
    times.push(total);
    if (value.certified) certified++;
    if (k >= (quick ? 2 : 5)) return;
    const truth = personalizedByIteration(graph, outDegree, source, TELEPORT, 1e-13);
    const listed = Array.from(value.indices.subarray(0, 10), (v) => truth[v]);
    const tenth = truth.slice().sort().at(-10);
    const falls = listed.every((score, at) => at === 0 || score <= listed[at - 1] + 1e-12);
    if (value.certified && !(falls && listed.at(-1) >= tenth - 1e-12)) throw new Error(`top 10 of ${source} are wrong`);
  });
  report.keep('topTen', { times, certified });
  report.table(['top 10', 'certified', 'ms', '95th percentile'], [[`${sources.length} sources`, certified, figures(times), figure(quantile(times, 0.95))]]);
  report.target('certified lists of ten', certified, { least: sources.length });
}
