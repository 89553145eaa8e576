// What a policy costs beside a solve: measuring features, in products with the matrix; deciding and
// recording, in microseconds and as a share of the solve.
//   node bench/js/policy/overhead.mjs [--quick]
import { loadEngine, SparseMatrix } from '../../../dist/node.mjs';
import { machine } from '../harness/machine.mjs';

const rounds = process.argv.includes('--quick') ? 7 : 21;

/** Median of the milliseconds that a call takes. */
function time(call, warm = 2) {
  const samples = [];
  for (let k = -warm; k < rounds; k++) {
    const start = performance.now();
    call(k);
    if (k >= 0) samples.push(performance.now() - start);
  }
  return samples.sort((a, b) => a - b)[rounds >> 1];
}

function grid(sides, shift) {
  const n = sides.reduce((product, side) => product * side, 1);
  const edges = [];
  let step = 1;
  for (const side of sides) {
    for (let k = 0; k < n; k++) if (Math.floor(k / step) % side < side - 1) edges.push([k, k + step]);
    step *= side;
  }
  return SparseMatrix.laplacian(n, edges, { shift });
}

/** The same system in a random numbering. */
function shuffled(A) {
  const order = Array.from({ length: A.rows }, (_, k) => k);
  let state = 1;
  for (let k = order.length - 1; k > 0; k--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const other = state % (k + 1);
    [order[k], order[other]] = [order[other], order[k]];
  }
  const { indptr, indices, data } = A.toCsr();
  const rows = [];
  const cols = [];
  for (let i = 0; i < A.rows; i++) {
    for (let p = indptr[i]; p < indptr[i + 1]; p++) {
      rows.push(order[i]);
      cols.push(order[indices[p]]);
    }
  }
  return SparseMatrix.fromTriplets(A.rows, A.cols, rows, cols, data);
}

const SYSTEMS = {
  'grid 30²': grid([30, 30], 0.01),
  'grid 100²': grid([100, 100], 0.01),
  'grid 400²': grid([400, 400], 0.01),
  'grid 400² shuffled': shuffled(grid([400, 400], 0.01)),
  'cube 40³': grid([40, 40, 40], 0.01),
};

/** A matrix with the same arrays that no policy has seen. */
const another = (A) => {
  const { indptr, indices, data } = A.toCsr();
  return SparseMatrix.fromCsr(A.rows, A.cols, indptr, indices, data);
};

const engine = await loadEngine();
const maker = await engine.maker('policy');
console.log(JSON.stringify(machine()));
console.log('system                 entries  product µs  features µs (products)  known pattern µs (products)  decide µs  record µs  solve µs   share');
for (const [name, A] of Object.entries(SYSTEMS)) {
  const policy = maker.newPolicy({ seed: 1 });
  const x = new Float64Array(A.cols).fill(1);
  const out = new Float64Array(A.rows);
  const product = time(() => A.multiply(x, out));
  // Every time another policy, to which the pattern is new; made outside of what is timed.
  const fresh = Array.from({ length: rounds + 2 }, () => [maker.newPolicy(), another(A)]);
  const unknown = time((k) => fresh.at(k)[0].features(fresh.at(k)[1]));
  for (const [one] of fresh) one.dispose();
  const copies = Array.from({ length: rounds + 2 }, () => another(A));
  policy.features(A);
  const known = time((k) => policy.features(copies.at(k)));
  const features = policy.features(A);
  const many = 200;
  for (let k = 0; k < 300; k++) policy.record(policy.propose(features), { certified: true, work: 1e6 + 1000 * k });
  let proposals = [];
  const decide = time(() => {
    proposals = [];
    for (let k = 0; k < many; k++) proposals.push(policy.propose(features));
  }) / many;
  let taken = [];
  const record = time((k) => {
    taken = Array.from({ length: many }, () => policy.propose(features));
    const start = performance.now();
    for (const one of taken) policy.record(one, { certified: true, work: 2e6 + k });
    taken.elapsed = performance.now() - start;
  }) && taken.elapsed / many;
  const b = Float64Array.from({ length: A.rows }, (_, i) => Math.sin(i));
  const start = performance.now();
  const solver = await engine.createSolver(A);
  solver.solve(b);
  const solve = performance.now() - start;
  solver.dispose();
  policy.dispose();
  const us = (ms, digits = 0) => (1000 * ms).toFixed(digits);
  console.log(
    [
      name.padEnd(20),
      String(A.nnz).padStart(9),
      us(product, 1).padStart(11),
      `${us(unknown)} (${(unknown / product).toFixed(1)})`.padStart(23),
      `${us(known)} (${(known / product).toFixed(1)})`.padStart(28),
      us(decide, 1).padStart(10),
      us(record, 1).padStart(10),
      us(solve).padStart(9),
      `${((100 * (decide + record)) / solve).toFixed(3)} %`.padStart(8),
    ].join(' '),
  );
}
engine.dispose();
