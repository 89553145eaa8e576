// LDLᵀ of shifted Laplacians: lacuna against Eigen's SimplicialLDLT, which does not pivot, and against
// its own Cholesky of the definite matrix on the same pattern.

import { contest, HEAD, row, verdict } from '../lib/contest.mjs';
import { indefiniteSystems } from '../lib/systems.mjs';

const CONTENDERS = [
  ['lacuna wasm', 'lacuna wasm', 'ldlt'],
  ['lacuna native', 'lacuna native', 'ldlt'],
  ['Eigen native', 'Eigen native', 'ldlt'],
  ['Eigen wasm', 'Eigen wasm', 'ldlt'],
];
const DEFINITE = [
  ['Cholesky wasm', 'lacuna wasm', 'cholesky'],
  ['Cholesky native', 'lacuna native', 'cholesky'],
];

export async function ldlt(options) {
  const verdicts = [];
  console.log(HEAD);
  for (const [name, system, definite] of indefiniteSystems(options)) {
    const times = await contest(system, CONTENDERS, options, 1e-10);
    const twins = await contest(definite, DEFINITE, options, 1e-13);
    for (const [title, t] of [...times, ...twins]) console.log(row(name, title, t));
    verdicts.push(...judged(name, times, twins));
  }
  return verdicts;
}

function judged(name, times, twins) {
  const lines = [];
  for (const kind of ['wasm', 'native']) {
    const ours = times.get(`lacuna ${kind}`);
    if (!ours) continue;
    if (ours.refused) {
      lines.push(`${name}: ${kind} refused as ${ours.refused}`);
      continue;
    }
    lines.push(verdict(`${name}: ${kind}, backward error over 1e-14`, ours.residual / 1e-14, { atMost: 1 }));
    const twin = twins.get(`Cholesky ${kind}`);
    if (twin && !twin.refused) {
      lines.push(verdict(`${name}: ${kind}, times the factorization of Cholesky`, ours.factor / twin.factor, { atMost: 1.3 }));
    }
    const eigen = times.get('Eigen native');
    if (eigen && !eigen.refused) lines.push(verdict(`${name}: ${kind}, times as fast as native Eigen`, eigen.total / ours.total));
  }
  return lines;
}
