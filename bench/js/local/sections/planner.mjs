// The planner against every way there is: mixed queries, each answered by `auto` and by each way
// forced. A query counts as well planned if `auto` costs at most 1.25 times what the cheapest costs.

import { median, quantile } from '../../harness/stats.mjs';
import { shuffle, uniform } from '../../lib/random.mjs';
import { expander, EXPANDER_MARGIN } from '../lib/expander.mjs';
import { chain, denseRhs, grid, GRID_MARGIN } from '../lib/grid.mjs';
import { openSystem, WAYS } from '../lib/lacuna.mjs';
import { bunny, meshGraph, subdivide } from '../lib/mesh.mjs';
import { massLaplacian, preferentialAttachment } from '../lib/power-law.mjs';
import { ABSENT, figure } from '../lib/report.mjs';

const REPEATS = 5;
const WANTED = 1.25;
const MAX_EXPONENT = 10;
/** What has once taken so many times as long as `auto` is not the fastest way: no need to see it again. */
const HOPELESS = 4;

/** What a query has cost in the core's own counted units, whatever way it went. */
const counted = ({ cost }) => cost;

function families(size, seed) {
  const side = Math.round(Math.sqrt(size));
  let mesh = bunny();
  while (mesh.n < size) mesh = subdivide(mesh);
  return [
    ['grid', grid(side), GRID_MARGIN],
    ['mesh', massLaplacian(meshGraph(mesh)), 3],
    ['expander', expander(size, seed), EXPANDER_MARGIN],
    ['power law', massLaplacian(preferentialAttachment(size, 5, seed)), 5],
    ['chain', chain(size), 2],
  ];
}

export async function run(report, { quick, seed, part }) {
  const size = quick ? 20_000 : 100_000;
  const count = quick ? 50 : 500;
  const first = Math.round(((part[0] - 1) / part[1]) * count);
  const end = Math.round((part[0] / part[1]) * count);
  report.line(`${count} queries on ${size.toLocaleString('en')} unknowns or more: grid, mesh, expander, power law, chain; ±1e-2 … 1e-${MAX_EXPONENT} of ‖b‖∞/margin; b dense or with ten entries; for certain or at 95 %. Each way gets ${REPEATS} runs in shuffled order, the fastest counts; a way that does not reach the accuracy is out.\n`);
  const all = families(size, seed);
  const systems = [];
  for (const [name, A, margin] of all) systems.push({ name, A, margin, ours: await openSystem(A) });
  if (systems.some(({ ours }) => !ours)) {
    report.table(['family', 'well planned'], all.map(([name]) => [name, ABSENT]));
    report.target('planner: share of queries within 1.25× of the cheapest way', undefined, { least: 0.95 });
    return;
  }
  const results = [];
  for (let q = first; q < end; q++) {
    const system = systems[q % systems.length];
    // A generator of its own, so that a query is the same in whatever part of all it is asked.
    results.push({ family: system.name, ...oneQuery(system, q, uniform(seed + 17 + 7919 * q)) });
  }
  systems.forEach(({ ours }) => ours.dispose());
  report.keep('planner', results);
  print(report, results);
}

function oneQuery({ A, margin, ours }, q, next) {
  const n = A.rows;
  const sparse = next() < 0.5;
  const certain = next() < 0.5;
  const accuracy = 10 ** -(2 + (MAX_EXPONENT - 2) * next());
  let b = denseRhs(n, q + 1);
  if (sparse) {
    const full = b;
    b = new Float64Array(n);
    for (let k = 0; k < 10; k++) b[Math.floor(next() * n)] = full[k];
  }
  const size = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const given = sparse ? entriesOf(b) : b;
  const node = sparse && next() < 0.5 ? b.findIndex((value) => value !== 0) : Math.floor(next() * n);
  const atol = (accuracy * size) / margin;
  const options = { atol, confidence: certain ? 1 : 0.95 };
  const outcomes = new Map();
  const ask = (method, extra) => {
    // A new handle each time: nothing is kept of an earlier answer.
    const rhs = ours.rhs(given);
    let answer;
    const started = performance.now();
    try {
      answer = ours.entry(node, rhs, { ...options, method, seed: q, ...extra });
    } catch (error) {
      answer = { bound: null, reason: error.code ?? error.message };
    }
    const ms = performance.now() - started;
    const reached = answer.bound !== null && answer.bound <= atol * (1 + 1e-9) && (answer.confidence ?? 1) >= options.confidence;
    const known = outcomes.get(method) ?? { ms: Infinity, work: Infinity, reached, method: answer.method };
    if (reached) Object.assign(known, { ms: Math.min(known.ms, ms), work: counted(answer.work) });
    outcomes.set(method, known);
    rhs.dispose?.();
    return ms;
  };
  ask('auto');
  // About 40 times what an entry or a step takes at worst is cut off.
  const limits = { maxEntries: 1e5 * Math.max(1, ask('auto')), maxWalks: 1e4 * Math.max(1, ask('auto')) };
  for (let k = 0; k < REPEATS; k++) {
    for (const method of shuffle(['auto', ...WAYS], next)) {
      if (outcomes.get(method)?.reached === false) continue;
      if (outcomes.get(method)?.ms > HOPELESS * outcomes.get('auto').ms) continue;
      // What takes longer than `auto` by far is not cheaper: no need to see it end.
      ask(method, method === 'auto' ? {} : limits);
    }
  }
  const auto = outcomes.get('auto');
  const ways = Object.fromEntries(outcomes);
  const least = (key) => Math.min(...[...outcomes.values()].map((outcome) => outcome[key]));
  return { sparse, certain, accuracy, chosen: auto.method, ways, time: auto.ms / least('ms'), work: auto.work / least('work') };
}

function entriesOf(b) {
  const indices = [...b.keys()].filter((i) => b[i] !== 0);
  return { indices, values: indices.map((i) => b[i]) };
}

function print(report, results) {
  const share = (list, key) => list.filter((result) => result[key] <= WANTED).length / list.length;
  const percent = (value) => `${(100 * value).toFixed(1)} %`;
  const names = [...new Set(results.map(({ family }) => family)), 'all'];
  report.table(
    ['family', 'queries', 'well planned, by time', 'by work', 'time over cheapest: median', '95 %', 'ways chosen'],
    names.map((name) => {
      const list = results.filter(({ family }) => name === 'all' || family === name);
      const times = list.map(({ time }) => time);
      const chosen = [...new Set(list.map((result) => result.chosen))].map((way) => `${way} ${list.filter((result) => result.chosen === way).length}`);
      return [name, list.length, percent(share(list, 'time')), percent(share(list, 'work')), figure(median(times)), figure(quantile(times, 0.95)), chosen.join(', ')];
    }),
  );
  report.target('planner: share of queries within 1.25× of the cheapest way, by time', share(results, 'time'), { least: 0.95 });
  report.target('planner: the same by counted work', share(results, 'work'), { least: 0.95 });
}
