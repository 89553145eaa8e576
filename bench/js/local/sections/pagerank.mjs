// Global PageRank to an L1 error of 1e-8: lacuna, the packages of npm, a hand-written power iteration
// in JavaScript, and native code.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { median, ratio } from '../../harness/stats.mjs';
import { powerIteration } from '../baselines/power-iteration.mjs';
import { doublesOf, writeGraph } from '../lib/graph-file.mjs';
import { openGraph } from '../lib/lacuna.mjs';
import { openNative } from '../lib/native.mjs';
import { chungLu, reversed } from '../lib/power-law.mjs';
import { ABSENT, factorText, figure, figures, power } from '../lib/report.mjs';
import { rooflines } from '../lib/roofline.mjs';
import { takeTurns, timed } from '../lib/rounds.mjs';

const TELEPORT = 0.15;
const ACCURACY = 1e-8;
/** The distance of two iterates that proves the accuracy. */
const DISTANCE = (ACCURACY * TELEPORT) / (1 - TELEPORT);

export async function run(report, options) {
  const sizes = options.quick ? [10_000, 100_000] : [100_000, 1_000_000];
  for (const communities of [true, false]) {
    for (const [k, n] of sizes.entries()) {
      await oneSize(report, { n, communities, withPeers: k === 0 }, options);
      globalThis.gc?.();
    }
  }
}

async function oneSize(report, { n, communities, withPeers }, { quick, rounds, seed, folder }) {
  const graph = chungLu(n, 10 * n, seed, { communities });
  const kind = communities ? 'with communities' : 'without communities';
  const incoming = reversed(graph);
  const outDegree = Int32Array.from({ length: n }, (_, v) => graph.indptr[v + 1] - graph.indptr[v]);
  report.line(`Directed Chung–Lu graph ${kind}, n = ${power(n)}, ${graph.indices.length.toLocaleString('en')} arcs (10 n drawn, repeated ones dropped), every vertex with an arc going out; teleport ${TELEPORT}, L1 error ≤ ${ACCURACY}, ms.\n`);
  const files = [join(folder, 'out.bin'), join(folder, 'in.bin')];
  writeGraph(files[0], graph);
  writeGraph(files[1], incoming);
  const native = await openNative('bench-local-pagerank', files);
  const engine = await openNative('bench-local-engine', ['graph', files[0]]);
  const ours = await openGraph(graph, { directed: true });
  const truth = powerIteration(incoming, outDegree, TELEPORT, 1e-13).ranks;
  const { iterations } = powerIteration(incoming, outDegree, TELEPORT, ACCURACY);
  report.line(`Power iteration takes ${iterations} sweeps. The reference's residual, computed anew from the arcs going out: ${figure(residual(graph, truth))}.\n`);

  const distance = (ranks) => {
    let sum = 0;
    for (let v = 0; v < n; v++) sum += Math.abs(ranks[v] - truth[v]);
    return sum;
  };
  const errors = new Map();
  let arcs = 0;
  const measured = (name, run, ranksOf, promised = true) => ({
    name,
    run: async () => {
      const { value, ...sample } = await run();
      const error = distance(ranksOf(value, sample));
      errors.set(name, Math.max(error, errors.get(name) ?? 0));
      if (promised && !(error <= ACCURACY)) throw new Error(`L1 error ${figure(error)}`);
      return sample;
    },
  });
  const dump = join(folder, 'ranks.bin');
  const fromFile = () => doublesOf(readFileSync(dump));
  const asked = `${TELEPORT} ${ACCURACY} ${dump}`;
  const contenders = [
    measured('JS power iteration', () => timed(() => powerIteration(incoming, outDegree, TELEPORT, ACCURACY)), ({ ranks }) => ranks),
    native && measured('C++ power iteration', () => native.ask(asked), fromFile),
    engine?.about.pagerank && measured('lacuna natively', () => engine.ask(`pagerank ${asked}`), fromFile),
    ours && measured('lacuna', () => timed(() => ours.pagerank({ teleport: TELEPORT, atol: ACCURACY })), (value) => ((arcs = value.work.entries), value.values ?? value.scores)),
    ...(withPeers ? await peers(graph, measured) : []),
  ];
  const samples = await takeTurns(contenders, { rounds, share: quick ? 5_000 : 20_000, seed });
  [native, engine].forEach((program) => program?.close());
  ours?.dispose();
  report.keep(`n=${n} ${kind}`, { ...Object.fromEntries(samples), errors: Object.fromEntries(errors) });
  for (const name of ['lacuna', 'lacuna natively']) if (!samples.has(name)) samples.set(name, []);
  const [script, lacuna, natively] = ['JS power iteration', 'lacuna', 'lacuna natively'].map((name) => samples.get(name));
  report.table(
    ['', 'ms', 'L1 error', '× JS power iteration', '× lacuna'],
    [...samples].map(([name, list]) => [
      name,
      list.error ?? figures(list.map(({ total }) => total)),
      errors.has(name) ? errors.get(name).toExponential(1) : list.length ? '–' : ABSENT,
      list.length && script.length ? factorText(ratio(list, script)) : '–',
      list.length && lacuna.length ? factorText(ratio(list, lacuna)) : '–',
    ]),
  );
  if (arcs > 0) {
    const of = (list) => median(list.map(({ total }) => total));
    rooflines(report, [lacuna, natively].flatMap((list, k) => (list.length ? [[['lacuna', 'lacuna natively'][k], of(list), [['ranks by arcs', arcs, 8 * n]]]] : [])));
  }
  const over = (other, mine) => (other?.length && mine.length ? ratio(other, mine).median : undefined);
  if (withPeers) {
    for (const name of ['ngraph.pagerank', 'graphology-metrics']) {
      report.target(`n = ${power(n)}, ${kind}: ${name} over lacuna`, over(samples.get(name), lacuna), { least: 50 }, '×');
    }
  }
  report.target(`n = ${power(n)}, ${kind}: hand-written power iteration over lacuna`, over(script, lacuna), { least: 2 }, '×');
  report.target(`n = ${power(n)}, ${kind}: lacuna over the same C++ natively`, over(lacuna, natively), { most: 1.2 }, '×');
  report.line();
}

/** ‖(1 − t)·Pᵀx + t/n − x‖₁, by scattering. */
function residual({ n, indptr, indices }, ranks) {
  const r = new Float64Array(n).fill(TELEPORT / n);
  for (let u = 0; u < n; u++) {
    const share = ((1 - TELEPORT) * ranks[u]) / (indptr[u + 1] - indptr[u]);
    for (let k = indptr[u]; k < indptr[u + 1]; k++) r[indices[k]] += share;
    r[u] -= ranks[u];
  }
  return r.reduce((sum, value) => sum + Math.abs(value), 0);
}

/**
 * ngraph.pagerank and graphology-metrics, at the accuracy of the others and at their own defaults. Their
 * graphs are built beforehand, untimed; turning them into arrays is part of every call.
 */
async function peers({ n, indptr, indices }, measured) {
  const { default: createNgraph } = await import('ngraph.graph');
  const { default: ngraphPagerank } = await import('ngraph.pagerank');
  const { default: Graph } = await import('graphology');
  const { default: graphologyPagerank } = await import('graphology-metrics/centrality/pagerank.js');
  const ngraph = createNgraph();
  const graphology = new Graph({ type: 'directed', multi: false });
  for (let v = 0; v < n; v++) {
    ngraph.addNode(v);
    graphology.addNode(v);
  }
  for (let u = 0; u < n; u++) {
    for (let k = indptr[u]; k < indptr[u + 1]; k++) {
      ngraph.addLink(u, indices[k]);
      graphology.addDirectedEdge(u, indices[k]);
    }
  }
  const list = (scores) => Float64Array.from({ length: n }, (_, v) => scores[v]);
  // Both stop by the distance of two iterates in L1; graphology multiplies its tolerance by n.
  const byGraphology = (options) => () => timed(() => graphologyPagerank(graphology, { alpha: 1 - TELEPORT, getEdgeWeight: null, ...options }));
  return [
    measured('ngraph.pagerank', () => timed(() => ngraphPagerank(ngraph, 1 - TELEPORT, DISTANCE)), list),
    measured('ngraph.pagerank, its default', () => timed(() => ngraphPagerank(ngraph, 1 - TELEPORT)), list, false),
    measured('graphology-metrics', byGraphology({ tolerance: DISTANCE / n, maxIterations: 1000 }), list),
    measured('graphology-metrics, its default', byGraphology({}), list, false),
  ];
}
