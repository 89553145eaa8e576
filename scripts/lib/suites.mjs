import { readFileSync, rmSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { root, run } from './run.mjs';

/**
 * @typedef {{ name: string, passed: number, failed: number, skipped: number }} Result
 */

/**
 * Runs a program of Catch2 tests and counts its test cases.
 * @returns {Promise<Result>}
 */
export async function runCatch(name, command, args = [], env = {}) {
  const { code, output } = await run(command, [...args, '--use-colour', 'no'], { quiet: true, env });
  const result = { name, skipped: 0, ...countCatch(output) };
  if (code !== 0 && result.failed === 0) result.failed = 1;
  if (result.failed > 0) process.stdout.write(output);
  return result;
}

/** Catch2's console reporter ends with one of these lines; none of them means that it did not get so far. */
export function countCatch(output) {
  const all = /^All tests passed \(.*?in (\d+) test cases?\)$/m.exec(output);
  if (all !== null) return { passed: Number(all[1]), failed: 0 };
  const some = /^test cases:\s*(\d+)(?:\s*\|\s*(\d+) passed)?(?:\s*\|\s*(\d+) failed)?/m.exec(output);
  if (some !== null) return { passed: Number(some[2] ?? 0), failed: Number(some[3] ?? 0) };
  return { passed: 0, failed: 1 };
}

/**
 * Runs Vitest once over `projects` and counts per project.
 * @returns {Promise<Result[]>}
 */
export async function runVitest(projects) {
  const report = join(root, 'build', 'vitest.json');
  rmSync(report, { force: true });
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { code } = await run(process.execPath, [...args, ...projects.flatMap((name) => ['--project', name])]);

  const results = new Map(projects.map((name) => [name, { name: `vitest ${name}`, passed: 0, failed: 0, skipped: 0 }]));
  for (const file of JSON.parse(readFileSync(report, 'utf8')).testResults) {
    const project = relative(root, file.name).split(sep)[2];
    const result = results.get(project);
    if (result === undefined) throw new Error(`Vitest reports a file of no known project: ${file.name}`);
    for (const { status } of file.assertionResults) {
      if (status === 'passed') result.passed++;
      else if (status === 'failed') result.failed++;
      else result.skipped++;
    }
    // A file that could not even be loaded has no tests to fail.
    const failedTests = file.assertionResults.some(({ status }) => status === 'failed');
    if (file.status === 'failed' && !failedTests) result.failed++;
  }
  const list = [...results.values()];
  // An error outside of any test, an unhandled rejection for instance.
  if (code !== 0 && list.every(({ failed }) => failed === 0)) list.push({ name: 'vitest itself', passed: 0, failed: 1, skipped: 0 });
  return list;
}

/**
 * One check that a command succeeds, its output shown if it doesn't.
 * @returns {Promise<Result>}
 */
export async function runCheck(name, command, args) {
  const { code, output } = await run(command, args, { quiet: true });
  if (code !== 0) process.stdout.write(output);
  return { name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}
