// What a section prints, in Markdown, and what it keeps for the JSON.

import { spread } from '../../harness/stats.mjs';

export class Report {
  raw = {};
  targets = [];

  line(text = '') {
    console.log(text);
  }

  table(head, rows) {
    const cells = [head, ...rows].map((row) => row.map((cell) => String(cell ?? '–')));
    const widths = head.map((_, c) => Math.max(...cells.map((row) => row[c].length)));
    const line = (row) => `| ${row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join(' | ')} |`;
    const rule = `|${widths.map((w, c) => (c === 0 ? '-'.repeat(w + 2) : `${'-'.repeat(w + 1)}:`)).join('|')}|`;
    console.log([line(cells[0]), rule, ...cells.slice(1).map(line), ''].join('\n'));
  }

  /** Raw numbers behind a table. */
  keep(key, value) {
    this.raw[key] = value;
  }

  /** A figure beside what is wanted of it: `least` or `most`. Never fails the run. */
  target(label, value, { least, most }, unit = '') {
    const known = value !== undefined && Number.isFinite(value);
    const met = known && (least === undefined || value >= least) && (most === undefined || value <= most);
    const want = least !== undefined ? `≥ ${least}${unit}` : `≤ ${most}${unit}`;
    this.targets.push({ label, value, least, most, met: known ? met : null });
    console.log(`${known ? (met ? 'met   ' : 'MISSED') : 'absent'}  ${label}: ${known ? `${figure(value)}${unit}` : 'not measured'} (wanted ${want})`);
  }
}

export const ABSENT = 'absent';

/** Three significant digits. */
export function figure(value) {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e7) return value.toExponential(1);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(size >= 1 ? 2 : 3);
}

/** Median [quartiles]. */
export function figures(values) {
  if (!values?.length) return ABSENT;
  const { median, low, high } = spread(values);
  return `${figure(median)} [${figure(low)}–${figure(high)}]`;
}

export const factorText = (r) => (r ? `${figure(r.median)} [${figure(r.low)}–${figure(r.high)}]` : '–');

/** 10⁶ and the like for powers of ten, digits else. */
export function power(n) {
  const exponent = Math.round(Math.log10(n));
  const digits = [...String(exponent)].map((d) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[d]).join('');
  return Math.abs(n / 10 ** exponent - 1) < 0.01 ? `10${digits}` : n.toLocaleString('en');
}

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
