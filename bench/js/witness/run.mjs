// What a witness costs: the rate of the permutation, of verification and of hashing, and what solvers
// take longer with a witness than without, against the bytes that are hashed.
//   node bench/js/witness/run.mjs [--quick]
import { readFileSync } from 'node:fs';
import { createSolver, createWitness, loadEngine, SparseMatrix, verifyWitness } from '../../../dist/node.mjs';
import createPolicyCore from '../../../build/wasm/policy.js';
import { machine } from '../harness/machine.mjs';

const RATE = 136;
const rounds = process.argv.includes('--quick') ? 7 : 21;

/** Median of the milliseconds that a call takes. */
async function time(call, warm = 2) {
  const samples = [];
  for (let k = -warm; k < rounds; k++) {
    const start = performance.now();
    await call();
    if (k >= 0) samples.push(performance.now() - start);
  }
  return samples.sort((a, b) => a - b)[rounds >> 1];
}

/** Medians of two calls that take turns. */
async function timeBoth(first, second, warm = 2) {
  const samples = [[], []];
  for (let k = -warm; k < rounds; k++) {
    for (const [i, call] of [first, second].entries()) {
      const start = performance.now();
      await call();
      if (k >= 0) samples[i].push(performance.now() - start);
    }
  }
  return samples.map((list) => list.sort((a, b) => a - b)[rounds >> 1]);
}

/** The module alone: the facade has no call for so many permutations. */
async function policyCore() {
  const wasm = await WebAssembly.compile(readFileSync(new URL('../../../dist/policy.wasm', import.meta.url)));
  return createPolicyCore({
    wasmMemory: new WebAssembly.Memory({ initial: 16, maximum: 65_536 }),
    instantiateWasm(imports, receive) {
      WebAssembly.instantiate(wasm, imports).then((instance) => receive(instance, wasm));
      return {};
    },
    locateFile: (name) => name,
  });
}

const PERMUTATIONS = 20_000;
const core = await policyCore();
const permutation = (await time(() => core._lacuna_hash_permute(PERMUTATIONS))) / PERMUTATIONS;

const engine = await loadEngine();
const chain = await createWitness({ engine, keep: 0 });
for (let k = 0; k < 10_000; k++) chain.append({ kind: 'train' });
const bytes = chain.bytes();
const head = chain.head();
const verification = (await time(() => verifyWitness(bytes, head, { engine }))) / 10_000;

const { cpu, node } = machine();
const ns = (ms) => (ms * 1e6).toFixed(0);
console.log(`# Witness\n\n${cpu}, Node ${node}, ${engine.variant}; medians of ${rounds}.\n`);
console.log('| | ns | share of the permutation rate |\n|---|---|---|');
console.log(`| permutation | ${ns(permutation)} | 1 |`);
console.log(`| verification, an entry | ${ns(verification)} | ${(permutation / verification).toFixed(2)} |`);

/** 5-point grid of side × side. */
function grid(side) {
  const n = side * side;
  const rows = [], cols = [], values = [];
  for (let k = 0; k < n; k++) {
    for (const [j, v, there] of [[k, 4.1, true], [k - side, -1, k >= side], [k + side, -1, k < n - side],
      [k - 1, -1, k % side > 0], [k + 1, -1, k % side < side - 1]]) {
      if (there) rows.push(k), cols.push(j), values.push(v);
    }
  }
  return SparseMatrix.fromTriplets(n, n, rows, cols, values);
}

console.log('\nCost is the time with a witness less that without, in turns; × is over hashed bytes ÷ permutation rate.\n');
console.log('| n | what | without, µs | cost, µs | hashed, kB | × |\n|---|---|---|---|---|---|');
for (const side of [10, 30, 100, 300]) {
  const A = grid(side);
  const b = new Float64Array(A.rows).fill(1);
  const witness = await createWitness({ engine, keep: 0 });
  const plain = await createSolver(A, { engine });
  const witnessed = await createSolver(A, { engine, witness });
  const values = A.toCsr().data;
  // Reports and plans come to about a kilobyte.
  const text = 1000;
  const cases = [
    ['solve', (solver) => () => solver.solve(b), 16 * A.rows + text],
    ['update', (solver) => () => solver.update(values), 8 * A.nnz + text],
  ];
  for (const [name, call, hashed] of cases) {
    const repeat = Math.max(1, Math.round(2e5 / A.nnz));
    const many = (solver) => () => {
      const one = call(solver);
      for (let k = 0; k < repeat; k++) one();
    };
    const [without, cost] = await timeBoth(many(plain), many(witnessed)).then(([p, w]) => [p / repeat, (w - p) / repeat]);
    const least = (hashed / RATE) * permutation;
    const us = (ms) => (ms * 1000).toFixed(1);
    console.log(`| ${A.rows} | ${name} | ${us(without)} | ${us(cost)} | ${(hashed / 1000).toFixed(1)} | ${(cost / least).toFixed(2)} |`);
  }
  for (const each of [plain, witnessed, witness]) each.dispose();
}
chain.dispose();
engine.dispose();
