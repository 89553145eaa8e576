// Contenders on one system: turns, checked answers, medians, verdicts.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../../harness/stats.mjs';
import { writeSystem } from '../../harness/system-file.mjs';
import { openNative, openScript, openWasm } from '../../local/lib/native.mjs';

/** A contender that took so long is measured once. */
const PATIENCE = 8000;

/** Milliseconds that a contender is warmed up for: on small systems engines need many calls. */
const WARM_UP = 500;

let folder;

/** Name → opener and file of every program, native or WebAssembly. */
const PROGRAMS = {
  lacuna: [openScript, new URL('product.mjs', import.meta.url)],
  'lacuna wasm': [openWasm, 'bench-direct-engine'],
  'lacuna native': [openNative, 'bench-direct-engine'],
  'Eigen native': [openNative, 'bench-direct-eigen'],
  'Eigen wasm': [openWasm, 'bench-direct-eigen'],
  SuiteSparse: [openNative, 'bench-direct-suitesparse'],
};

/**
 * Every contender `[title, program, line]` on a system, in turns. Gives title → medians of the times
 * in milliseconds with `total`, the `first` total (the engine's baseline code), `runs`; or `refused`.
 * Contenders whose program is not built are left out.
 */
export async function contest(system, contenders, { rounds }, tolerance) {
  if (folder === undefined) {
    folder = mkdtempSync(join(tmpdir(), 'lacuna-direct-'));
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  }
  const file = join(folder, 'system.bin');
  writeSystem(file, system);
  const players = [];
  for (const [title, program, line] of contenders) {
    const [open, name] = PROGRAMS[program];
    const process = await open(name, [file]);
    if (process) players.push({ title, process, line, samples: [] });
  }
  for (let round = -1; round < rounds; round++) {
    for (const player of players) {
      const { samples, refused, first, took, process, line } = player;
      if (refused || (took > PATIENCE && samples.length > 0)) continue;
      const started = performance.now();
      const sample = await process.ask(line);
      player.took = performance.now() - started;
      while (round < 0 && !sample.refused && performance.now() - started < WARM_UP) await process.ask(line);
      player.refused = sample.refused;
      if (sample.refused) continue;
      if (!(sample.residual <= tolerance)) player.wrong = sample.residual;
      const total = sample.analyze + sample.factor;
      player.first = first ?? total;
      // The first round is the warm-up, unless that takes long.
      if (round >= 0 || player.took > PATIENCE) samples.push({ ...sample, total });
    }
  }
  players.forEach(({ process }) => process.close());
  return new Map(players.map((player) => [player.title, result(player)]));
}

function result({ samples, refused, wrong, first }) {
  if (refused) return { refused };
  const of = (key) => median(samples.map((sample) => sample[key]));
  return { ...Object.fromEntries(Object.keys(samples[0]).map((key) => [key, of(key)])), first, wrong, runs: samples.length };
}

const digits = (v) => (v === undefined ? '' : v >= 100 ? v.toFixed(0) : v >= 10 ? v.toFixed(1) : v >= 0.1 ? v.toFixed(2) : v.toFixed(4));

/** Lines of a table; times in ms. */
export const HEAD = `| system | contender | analyze ms | factor | total | first total | refactor | GFLOP/s | solve | 32 at once | backward error |
|---|---|---|---|---|---|---|---|---|---|---|`;

export function row(name, title, t) {
  if (t.refused) return `| ${name} | ${title} | refused: ${t.refused} | | | | | | | | |`;
  const rate = t.flops > 0 ? (t.flops / t.factor / 1e6).toFixed(1) : '';
  const error = t.residual.toExponential(0) + (t.wrong === undefined ? '' : ' WRONG');
  const times = [t.analyze || undefined, t.factor, t.total, t.first, t.refactor].map(digits).join(' | ');
  return `| ${name} | ${title} | ${times} | ${rate} | ${digits(t.solve)} | ${digits(t.block)} | ${error} |`;
}

/** A figure with its target, as a line: `atLeast` or `atMost`, or neither. */
export function verdict(text, figure, { atLeast, atMost } = {}) {
  const shown = `${text}: ${figure.toFixed(2)}`;
  if (atLeast !== undefined) return `${shown} (at least ${atLeast}: ${figure >= atLeast ? 'met' : 'MISSED'})`;
  if (atMost !== undefined) return `${shown} (at most ${atMost}: ${figure <= atMost ? 'met' : 'MISSED'})`;
  return shown;
}
