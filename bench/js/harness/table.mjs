// Results as Markdown, fastest first.

import { median, ratio, spread } from './stats.mjs';

const time = (ms) => (ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms.toFixed(2));
const times = ({ median: m, low, high }) => `${time(m)} [${time(low)}–${time(high)}]`;
const factor = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
const factors = (r) => (r ? `${factor(r.median)} [${factor(r.low)}–${factor(r.high)}]` : '–');
const part = (result, key) => median(result.samples.map((sample) => sample[key]));
const total = (result) => part(result, 'total');

const fastest = (results, wanted) =>
  results.filter((r) => r.status === 'ok' && wanted(r)).sort((a, b) => total(a) - total(b))[0];

/** Who the ratios of a family refer to: native Eigen as any x86-64 runs it, and JavaScript without us. */
export function references(results) {
  return {
    eigen: fastest(results, (r) => r.kind === 'eigen'),
    js: fastest(results, (r) => r.kind === 'npm' || r.kind === 'plain'),
    npm: fastest(results, (r) => r.kind === 'npm'),
    plain: fastest(results, (r) => r.kind === 'plain'),
    suitesparse: fastest(results, (r) => r.kind === 'suitesparse'),
    lacuna: fastest(results, (r) => r.kind === 'lacuna'),
  };
}

/** Ratios of one result: to the fastest Eigen, to the same algorithm in Eigen, to the fastest other JavaScript. */
export function ratios(result, results) {
  const { eigen, js } = references(results);
  const twin = results.find((r) => r.name === result.twin && r.status === 'ok');
  const against = (reference) => (reference ? ratio(result.samples, reference.samples) : undefined);
  return { eigen: against(eigen), twin: against(twin), js: against(js) };
}

function rows(results) {
  const done = results.filter((r) => r.status === 'ok').sort((a, b) => total(a) - total(b));
  const out = results.filter((r) => !['ok', 'skipped'].includes(r.status));
  return [
    ...done.map((r) => {
      const { eigen, twin, js } = ratios(r, results);
      const label = [r.name, r.note && r.name.includes('auto') ? `→ ${r.note}` : '', r.coldOnly ? '(one cold run)' : ''];
      return [
        label.filter(Boolean).join(' '),
        time(part(r, 'setup')),
        time(part(r, 'solve')),
        times(spread(r.samples.map((s) => s.total))),
        r.iterations > 0 ? String(r.iterations) : '–',
        r.relativeResidual.toExponential(1),
        r.peakBytes ? (r.peakBytes / 1e6).toFixed(0) : '–',
        factors(eigen),
        factors(twin),
        factors(js),
      ];
    }),
    ...out.map((r) => [r.name, '–', '–', `${r.status === 'timeout' ? '' : `${r.status}: `}${r.reason}`, '–', '–', '–', '–', '–', '–']),
  ];
}

const HEAD = ['contender', 'set-up', 'solve', 'total ms [quartiles]', 'it.', 'residual', 'MB', '× Eigen', '× twin', '× JS'];

function layout(cells) {
  const widths = HEAD.map((_, c) => Math.max(...cells.map((row) => row[c].length)));
  const line = (row) => `| ${row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join(' | ')} |`;
  const rule = `|${widths.map((w, c) => (c === 0 ? '-'.repeat(w + 2) : `${'-'.repeat(w + 1)}:`)).join('|')}|`;
  return [line(cells[0]), rule, ...cells.slice(1).map(line)].join('\n');
}

/** Names, or a mere count where a whole kind is missing. */
function skippedLines(results) {
  const groups = new Map();
  for (const r of results.filter(({ status }) => status === 'skipped')) {
    const key = `${r.kind}: ${r.reason}`;
    groups.set(key, [...(groups.get(key) ?? []), r.name]);
  }
  return [...groups].map(([key, names]) => `Left out, ${key} (${names.length > 6 ? `${names.length} contenders` : names.join('; ')}).`);
}

/** One family's table with the lines that say what the ratios refer to. */
export function familyTable({ title, n, nnz, results }) {
  const { eigen, js, npm, plain, suitesparse, lacuna } = references(results);
  const best = [lacuna, eigen, suitesparse, npm, plain].filter(Boolean).map((r) => `${r.name} ${time(total(r))} ms`);
  return [
    `## ${title}  (n = ${n}, nnz = ${nnz})`,
    '',
    layout([HEAD, ...rows(results)]),
    '',
    `Ratios: × Eigen to ${eigen?.name ?? 'nothing (none ran)'}, × JS to ${js?.name ?? 'nothing (none ran)'}; above 1 is slower.`,
    `Best of each kind: ${best.join('; ')}.`,
    ...skippedLines(results),
    '',
  ].join('\n');
}
