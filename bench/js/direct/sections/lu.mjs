// LU: lacuna against Eigen's SparseLU, KLU and UMFPACK.

import { contest, HEAD, row, verdict } from '../lib/contest.mjs';
import { squareSystems } from '../lib/systems.mjs';

const CONTENDERS = [
  ['lacuna', 'lacuna', 'lu'],
  ['its engine', 'lacuna wasm', 'lu'],
  ['engine native', 'lacuna native', 'lu'],
  ['Eigen native', 'Eigen native', 'lu'],
  ['KLU', 'SuiteSparse', 'klu'],
  ['UMFPACK', 'SuiteSparse', 'umfpack'],
];

export async function lu(options) {
  const verdicts = [];
  console.log(HEAD);
  for (const [name, system] of squareSystems(options)) {
    const times = await contest(system, CONTENDERS, options, 1e-14);
    for (const [title, t] of times) console.log(row(name, title, t));
    verdicts.push(...judged(name, times));
  }
  return verdicts;
}

function judged(name, times) {
  const answered = (title) => (times.get(title)?.refused ? undefined : times.get(title));
  const ours = times.get('lacuna');
  if (!ours) return [`${name}: lacuna is not built`];
  if (ours.refused) return [`${name}: refused as ${ours.refused}`];
  const lines = [verdict(`${name}: backward error over 1e-14`, ours.residual / 1e-14, { atMost: 1 })];
  const eigen = answered('Eigen native');
  if (eigen) lines.push(verdict(`${name}: times as fast as native Eigen SparseLU`, eigen.total / ours.total, { atLeast: 1 }));
  const best = Math.min(...['KLU', 'UMFPACK'].map((title) => answered(title)?.total ?? Infinity));
  if (best < Infinity) lines.push(verdict(`${name}: times the time of KLU or UMFPACK`, ours.total / best, { atMost: 3 }));
  return lines;
}
