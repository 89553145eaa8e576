// Flat cost where no ball is small: single entries of random dominant systems of 10⁵ … 10⁷ unknowns,
// with confidence 0.95.

import { median, quantile } from '../../harness/stats.mjs';
import { uniform } from '../../lib/random.mjs';
import { expander, EXPANDER_MARGIN, signRhs } from '../lib/expander.mjs';
import { openSystem } from '../lib/lacuna.mjs';
import { ABSENT, figure, figures, mean, power } from '../lib/report.mjs';
import { takeTurns } from '../lib/rounds.mjs';
import { gaussSeidel } from '../lib/truth.mjs';

const ATOL = 1e-3 / EXPANDER_MARGIN;

export async function run(report, { quick, rounds, seed }) {
  const sizes = quick ? [100_000, 1_000_000] : [100_000, 1_000_000, 10_000_000];
  const perRound = quick ? 20 : 40;
  report.line(`Random dominant matrix, nine entries a row, off-diagonal sum 4 of random signs, diagonal 8, b = ±1 kept, ±1e-3·‖b‖∞/δ at 95 %; a new row and seed for each query.\n`);
  const cases = [];
  for (const n of sizes) {
    const A = expander(n, seed);
    const b = signRhs(n, seed + 1);
    const ours = await openSystem(A);
    cases.push({ name: power(n), n, ours, rhs: ours?.rhs(b), truth: ours && gaussSeidel(A, b, 1e-9), answers: [], failures: 0 });
    globalThis.gc?.();
  }
  const present = cases.filter(({ ours }) => ours);
  const samples = await takeTurns(
    present.map((entry) => {
      const next = uniform(seed + 3);
      return {
        name: entry.name,
        run: (round) => {
          const times = [];
          const work = { rows: 0, walks: 0, steps: 0, pushes: 0, entries: 0, touched: 0 };
          for (let k = 0; k < perRound; k++) {
            const i = Math.floor(next() * entry.n);
            const started = performance.now();
            const answer = entry.ours.entry(i, entry.rhs, { atol: ATOL, confidence: 0.95, seed: Math.floor(next() * 1e9) });
            times.push(performance.now() - started);
            for (const key of Object.keys(work)) work[key] += (answer.work[key] ?? 0) / perRound;
            const error = Math.abs(answer.value - entry.truth[i]);
            entry.answers.push({ error, bound: answer.bound, method: answer.method, inside: error <= answer.bound + 1e-9 });
          }
          return { total: median(times), slowest: quantile(times, 0.95), ...work, reads: work.pushes + work.steps, round };
        },
      };
    }),
    { rounds, warmUp: 1, seed },
  );
  report.keep('expander', { samples: Object.fromEntries(samples), answers: Object.fromEntries(present.map(({ name, answers }) => [name, answers])) });
  report.line('Row reads: pushes and steps of walks. Of m reads in random order among n rows n·(1 − (1 − 1/n)ᵐ) are expected to be distinct, by whatever method; the same holds of the vertices that entries lead to. What is met twice partly cancels: the smaller n, the smaller is the residual that walks have to bear.\n');
  report.table(
    ['n', 'way', 'rows pushed', 'walks', 'row reads', 'distinct, expected', 'touched by the push', 'expected', 'ms a query', 'within its bound', 'largest bound'],
    cases.map(({ name, n, answers }) => {
      const list = samples.get(name);
      if (!list?.length) return [name, list?.error ?? ABSENT, ...Array(9).fill('–')];
      const average = (key) => mean(list.map((sample) => sample[key]));
      const whole = (value) => Math.round(value).toLocaleString('en');
      const distinct = (reads) => -n * Math.expm1(reads * Math.log1p(-1 / n));
      const ways = [...new Set(answers.map(({ method }) => method))].join(', ');
      const inside = answers.filter((answer) => answer.inside).length;
      return [
        name,
        ways,
        whole(average('rows')),
        whole(average('walks')),
        whole(average('reads')),
        whole(distinct(average('reads'))),
        whole(average('touched')),
        whole(distinct(average('entries') + 1)),
        figures(list.map(({ total }) => total)),
        `${inside} of ${answers.length}`,
        figure(Math.max(...answers.map(({ bound }) => bound))),
      ];
    }),
  );
  const of = (name, key) => {
    const list = samples.get(name);
    return list?.length ? (key === 'total' ? median : mean)(list.map((sample) => sample[key])) : undefined;
  };
  const names = cases.map(({ name }) => name);
  for (const key of ['rows', 'walks', 'reads']) {
    const values = names.map((name) => of(name, key)).filter((value) => value !== undefined);
    const spreadOf = values.length === names.length ? Math.max(...values) / Math.min(...values) - 1 : undefined;
    report.target(`expander: ${key === 'rows' ? 'rows pushed' : key === 'reads' ? 'row reads' : key}, largest over smallest less 1`, spreadOf, { most: 0.05 });
  }
  const [last, before] = [names.at(-1), names.at(-2)];
  report.target(`expander: time at ${last} over that at ${before}`, of(last, 'total') / of(before, 'total'), { most: 2.2 }, '×');
  report.target(`expander: time at ${last}`, of(last, 'total'), { most: 5 }, ' ms');
  const all = present.flatMap(({ answers }) => answers);
  report.target('expander: share of answers within their bounds', all.length ? all.filter(({ inside }) => inside).length / all.length : undefined, { least: 0.95 });
  for (const { ours } of present) ours.dispose();
}
