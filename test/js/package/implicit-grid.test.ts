import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { root, runProgram } from './support/process.js';

test('three answers over 10¹² unknowns agree with the analytic ones', async () => {
  const consumer = inject('consumer');
  const file = join(consumer, 'implicit-grid.mjs');
  copyFileSync(join(root, 'examples/implicit-grid/implicit-grid.mjs'), file);
  const { code, stdout, stderr } = await runProgram(process.execPath, [file], { cwd: consumer });
  expect(stderr).toBe('');
  expect(code).toBe(0);

  const column = (name: string): number[] =>
    [...stdout.matchAll(new RegExp(`^  ${name} +([\\d.,e+-]+)`, 'gm'))].map(([, number]) => Number(number!.replaceAll(',', '')));
  const [values, bounds, analytic, rows] = ['value', 'bound', 'analytic', 'rows'].map(column) as [number[], number[], number[], number[]];
  expect(values).toHaveLength(3);
  values.forEach((value, k) => {
    expect(bounds[k]).toBeGreaterThan(0);
    expect(bounds[k]).toBeLessThanOrEqual(1e-10);
    expect(Math.abs(value - analytic[k]!)).toBeLessThanOrEqual(bounds[k]!);
    expect(rows[k]).toBeLessThan(10_000);
  });
  // The defect is felt: without it, 1 everywhere would give 1.
  expect(values[0]).toBeLessThan(0.999);
});
