// What memory alone takes: the time of one load at a random place, measured here and now, times the
// loads that a method cannot do without.

import { median } from '../../harness/stats.mjs';
import { uniform } from '../../lib/random.mjs';
import { figure } from './report.mjs';

const LOADS = 1 << 21;
const REPEATS = 5;
const kept = new Map();

/**
 * Nanoseconds of one load of 8 bytes from a random place among `bytes`, when the places are known
 * beforehand, so that misses overlap: no method that meets its data in random order is faster.
 */
export function loadTime(bytes) {
  // Sizes within a quarter of each other are measured once.
  const words = 2 ** (Math.round(4 * Math.log2(Math.max(bytes, 4096) / 8)) / 4) | 0;
  if (!kept.has(words)) kept.set(words, measure(words));
  return kept.get(words);
}

function measure(words) {
  const next = uniform(words);
  const data = new Float64Array(words).fill(1);
  const places = Int32Array.from({ length: LOADS }, () => Math.floor(next() * words));
  const times = [];
  for (let k = 0; k < REPEATS; k++) {
    const started = performance.now();
    const sum = gather(data, places);
    times.push(performance.now() - started);
    if (sum !== LOADS) throw new Error('a load was lost');
  }
  return (1e6 * median(times)) / LOADS;
}

function gather(data, places) {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let k = 0; k < places.length; k += 4) {
    a += data[places[k]];
    b += data[places[k + 1]];
    c += data[places[k + 2]];
    d += data[places[k + 3]];
  }
  return a + b + c + d;
}

/** One row a contender: [name, ms measured, [[what, loads, bytes they are spread over], …]]. */
export function rooflines(report, rows) {
  report.line('What memory takes: loads in random order times the time of one, measured in this process over as many bytes.\n');
  report.table(
    ['', 'loads', 'ns each', 'ms of memory', 'ms measured', 'share'],
    rows.flatMap(([name, ms, parts]) => {
      const floor = parts.reduce((sum, [, loads, bytes]) => sum + (loads * loadTime(bytes)) / 1e6, 0);
      const lines = parts.map(([what, loads, bytes]) => [`${name}: ${what}, ${figure(bytes / 1e6)} MB`, Math.round(loads).toLocaleString('en'), figure(loadTime(bytes)), figure((loads * loadTime(bytes)) / 1e6), '', '']);
      return [...lines, [`${name}: all`, '', '', figure(floor), figure(ms), ms > 0 ? `${Math.round((100 * floor) / ms)} %` : '–']];
    }),
  );
}
