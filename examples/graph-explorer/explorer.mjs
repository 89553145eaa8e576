// Click a vertex: entry i of A⁻¹b for A = L + mass·I, with a proven bound, and the region it rests on.

import { createSolver, SparseMatrix } from 'lacuna';
import { makeGraph } from './graph.mjs';
import { createView } from './view.mjs';

const VERTICES = 100_000;
const SEED = 1;
/** What seeps away at a vertex, against 1 for what an edge conducts. */
const MASS = 1;
/** Milliseconds over which the time of an answer is averaged: a page's clock is coarse. */
const MEASURE = 5;

const element = (id) => document.getElementById(id);
const count = (value) => Math.round(value).toLocaleString('en');
const superscript = (exponent) => [...String(exponent)].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[digit] ?? '⁻').join('');

/** As 3.2 · 10⁻⁷. */
function scientific(value) {
  if (value === 0) return '0';
  const [digits, exponent] = value.toExponential(1).split('e');
  return `${digits} · 10${superscript(Number(exponent))}`;
}

/** With as many places as the bound allows, in groups of three. */
function decimal(value, bound) {
  if (Math.abs(value) < 1e-3) return scientific(value);
  const places = Math.min(Math.ceil(-Math.log10(bound)) + 1, 14);
  const [whole, fraction = ''] = value.toFixed(places).split('.');
  return `${whole}.${fraction.replace(/...(?=.)/g, '$&\u2009')}`;
}

function duration(ms) {
  if (ms < 1) return `${count(1000 * ms)} µs`;
  if (ms < 1000) return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
  return `${(ms / 1000).toFixed(2)} s`;
}

function put(id, value, text) {
  element(id).value = String(value);
  element(id).textContent = text;
}

/** The next frame is on the screen. */
const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

await painted();
let started = performance.now();
const graph = makeGraph(VERTICES, SEED);
const making = performance.now() - started;

started = performance.now();
const { source, target } = graph;
const A = SparseMatrix.laplacian(graph.n, { source, target }, { shift: MASS });
// The rows of A sum to the mass: so temperatures are means of the warmth, between 0 and 1.
const b = graph.warmth.map((warmth) => MASS * warmth);
// Lazy: nothing is factored, and single answers need no factor.
const solver = await createSolver(A, { setup: 'lazy' });
const rhs = solver.rhs(b);
const loading = performance.now() - started;

const view = createView(element('map'), graph, (vertex) => choose(vertex));
let vertex = graph.nearest(0.34, 0.33);
let digits = 6;
/** Temperatures of all vertices and what they took, once they were asked for. */
let full;
let answer;

function ask() {
  // A push, always: 'auto' may come to a full solve, and has every other answer from then on.
  const options = { atol: 10 ** -digits, rtol: 0, method: 'push' };
  answer = solver.entry(vertex, rhs, options);
  // The same push, stopped where the answer was: its row of A⁻¹ says how much each vertex counts.
  const row = solver.row(vertex, { atol: 0, rtol: 0, maxEntries: Math.max(answer.work.entries, 1) });
  view.show(vertex, row.indices, row.values.map((value) => MASS * value));
  const time = measure(() => solver.entry(vertex, rhs, options));
  report(time);
  const hash = `#vertex=${vertex}&digits=${digits}`;
  if (location.hash !== hash) history.replaceState(null, '', hash);
}

function measure(call) {
  const from = performance.now();
  let calls = 0;
  let spent = 0;
  while (spent < MEASURE) {
    call();
    calls++;
    spent = performance.now() - from;
  }
  return spent / calls;
}

function report(time) {
  const { value, bound, certificate, method, work } = answer;
  put('value', value, decimal(value, bound));
  put('bound', bound, scientific(bound));
  element('asked').textContent = scientific(10 ** -digits).replace('1.0 · ', '');
  element('digits').value = digits;
  element('vertex').value = vertex;
  const share = (100 * work.touched) / graph.n;
  element('share').textContent = `${share < 10 ? share.toFixed(2) : share.toFixed(1)} %`;
  element('bar').style.width = `${share}%`;
  element('touched').textContent = count(work.touched);
  element('entries').textContent = count(work.entries);
  element('method').textContent = method;
  element('certificate').textContent = certificate;
  element('time').textContent = duration(time);
  if (full !== undefined) compare(time);
}

function compare(time) {
  const truth = full.x[vertex];
  const difference = Math.abs(answer.value - truth);
  const within = difference <= answer.bound;
  put('full', truth, '');
  const verdict = document.createElement('span');
  verdict.className = within ? 'within' : 'outside';
  verdict.textContent = `${scientific(difference)}, ${within ? 'within' : 'outside'} the bound`;
  element('comparison').replaceChildren(
    `All of them by ${full.method}: ${duration(full.time)}, ${count(full.time / time)} times as long as this one. They differ by `,
    verdict,
    '.',
  );
}

async function solveAll() {
  element('solve').disabled = true;
  element('comparison').textContent = 'solving …';
  await painted();
  const from = performance.now();
  // A solver of its own: one that knows the full solution would answer all else from it.
  const other = await createSolver(A, { method: 'cholesky' });
  const { x, report: certificate } = other.solve(b);
  full = { x, method: certificate.method, time: performance.now() - from };
  other.dispose();
  ask();
}

function choose(next) {
  vertex = next;
  ask();
}

/** The neighbor that lies best in a direction. */
function neighbor(dx, dy) {
  let best = vertex;
  let most = 0.2;
  source.forEach((u, e) => {
    const v = target[e];
    if (u !== vertex && v !== vertex) return;
    const other = u === vertex ? v : u;
    const [ex, ey] = [graph.x[other] - graph.x[vertex], graph.y[other] - graph.y[vertex]];
    const cosine = (ex * dx + ey * dy) / Math.hypot(ex, ey);
    if (cosine > most) [best, most] = [other, cosine];
  });
  return best;
}

/** Takes vertex and accuracy from the address. */
function follow() {
  const given = new URLSearchParams(location.hash.slice(1));
  const wanted = Number(given.get('vertex') ?? vertex);
  const accuracy = Number(given.get('digits') ?? digits);
  if (Number.isInteger(wanted) && wanted >= 0 && wanted < graph.n) vertex = wanted;
  if (accuracy >= 2 && accuracy <= 10) digits = accuracy;
  ask();
}

const VIEWS = { in: () => view.zoom(1.6), out: () => view.zoom(1 / 1.6), region: view.region, all: view.all };
const KEYS = {
  ArrowLeft: () => choose(neighbor(-1, 0)),
  ArrowRight: () => choose(neighbor(1, 0)),
  ArrowUp: () => choose(neighbor(0, -1)),
  ArrowDown: () => choose(neighbor(0, 1)),
  '+': VIEWS.in,
  '-': VIEWS.out,
  0: VIEWS.all,
};
element('map').addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || KEYS[event.key] === undefined) return;
  event.preventDefault();
  KEYS[event.key]();
});
element('zoom').addEventListener('click', (event) => VIEWS[event.target.dataset.zoom]?.());
element('digits').addEventListener('input', (event) => {
  digits = event.target.valueAsNumber;
  ask();
});
element('vertex').max = graph.n - 1;
element('vertex').addEventListener('change', (event) => {
  const { validity, value, valueAsNumber } = event.target;
  if (validity.valid && value !== '') choose(valueAsNumber);
});
element('solve').addEventListener('click', solveAll);
element('solve').disabled = false;
addEventListener('hashchange', follow);
follow();
element('status').textContent = `${count(graph.n)} vertices and ${count(source.length)} edges, made in ${duration(making)}; engine and matrix ready in ${duration(loading)}.`;
