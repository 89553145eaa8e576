// lacuna beside the npm package sublinear-time-solver, on the example of that package's README and on
// dominant systems of 1000 unknowns: error and time of every way it has.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from '../../harness/stats.mjs';
import { openFull, openSystem } from '../lib/lacuna.mjs';
import { ENTRY, SYSTEMS, WAYS } from '../lib/peer-cases.mjs';
import { ABSENT, figure } from '../lib/report.mjs';
import { refined } from '../lib/truth.mjs';

export async function run(report, { quick, rounds, part: [part, parts] }) {
  const limit = quick ? 10_000 : 30_000;
  report.line(`Accuracy asked: 1e-6. Errors are relative to ‖x‖∞: of the worst entry, or of entry ${ENTRY} where only that is asked for. A way is given ${limit / 1000} s; its set-up is not timed, and it runs once. lacuna: medians over ${10 * rounds} warm calls.\n`);
  const systems = Object.entries(SYSTEMS).filter((_, k) => k % parts === part - 1);
  for (const [system, make] of systems) {
    const { A, b } = make();
    const { high, low } = refined(A, b);
    const truth = high.map((value, v) => value + low[v]);
    const rows = [...(await ours(A, b, truth, 10 * rounds)), ...(await theirs(system, truth, limit))];
    report.line(`### ${system}\n`);
    report.table(['', 'error', 'ms', 'remark'], rows);
    report.keep(system, rows);
  }
}

const size = (x) => x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

async function ours(A, b, truth, times) {
  const scale = size(truth);
  const rows = [];
  const system = await openSystem(A);
  if (system) {
    const rhs = system.rhs(b);
    const ms = [];
    let answer;
    for (let k = 0; k < times; k++) {
      const started = performance.now();
      answer = system.entry(ENTRY, rhs, { atol: 1e-6 * scale });
      ms.push(performance.now() - started);
    }
    const error = Math.abs(answer.value - truth[ENTRY]) / scale;
    rows.push(['lacuna, entry', figure(error), figure(median(ms)), `bound ${figure(answer.bound / scale)}, ${answer.method}`]);
    system.dispose();
  } else {
    rows.push(['lacuna, entry', ABSENT, '–', '']);
  }
  const full = await openFull(A, { method: 'auto', rtol: 1e-6 });
  if (!full) return [...rows, ['lacuna, solve', ABSENT, '–', '']];
  const ms = [];
  let result;
  for (let k = 0; k < times; k++) {
    const started = performance.now();
    result = full.solve(b);
    ms.push(performance.now() - started);
  }
  let error = 0;
  for (let v = 0; v < A.rows; v++) error = Math.max(error, Math.abs(result.x[v] - truth[v]));
  rows.push(['lacuna, solve', figure(error / scale), figure(median(ms)), result.report.method]);
  full.dispose();
  return rows;
}

async function theirs(system, truth, limit) {
  const scale = size(truth);
  const rows = [];
  for (const way of Object.keys(WAYS)) {
    const { ms, x, entry, note, error, timeout } = await ask(system, way, limit);
    if (timeout) rows.push([way, '–', `> ${limit / 1000} s`, 'stopped']);
    else if (error) rows.push([way, '–', '–', error.slice(0, 75)]);
    else if (entry !== undefined) rows.push([way, figure(Math.abs(entry - truth[ENTRY]) / scale), figure(ms), note]);
    else {
      const whole = x?.length === truth.length;
      const worst = whole ? truth.reduce((most, value, v) => Math.max(most, Math.abs(x[v] - value)), 0) : NaN;
      const remark = !whole ? `${x?.length ?? 0} entries` : x.every((value) => value === 0) ? 'all zero' : (note ?? '');
      rows.push([way, whole ? figure(worst / scale) : '–', figure(ms), remark]);
    }
  }
  return rows;
}

function ask(system, way, limit) {
  const child = fork(fileURLToPath(new URL('../lib/peer-child.mjs', import.meta.url)), [system, way], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  return new Promise((resolve) => {
    const end = (answer) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      resolve(answer);
    };
    const timer = setTimeout(() => end({ timeout: true }), limit);
    child.on('message', end);
    child.on('exit', (code, signal) => end({ error: `process ended (${signal ?? code})` }));
  });
}
