// npm run bench: every contender on every family, checked, interleaved, as a table and as raw JSON.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { machine } from './harness/machine.mjs';
import { matches, readOptions, USAGE } from './harness/options.mjs';
import { contenders, families } from './harness/registry.mjs';
import { compete } from './harness/schedule.mjs';
import { writeSystem } from './harness/system-file.mjs';
import { familyTable, ratios } from './harness/table.mjs';
import { GATE, RTOL } from './lib/tolerance.mjs';

/** A line that replaces itself on a terminal, nothing in a log. */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
}

async function runFamily(family, all, options, folder) {
  const problem = family.make({ quick: options.quick, seed: options.seed });
  const systemFile = join(folder, `${problem.name}.bin`);
  writeSystem(systemFile, problem);
  const started = performance.now();
  const results = await compete(problem, systemFile, all, options, progress);
  progress('');
  const { name, title, A } = problem;
  return { name, title, n: A.rows, nnz: A.data.length, seconds: (performance.now() - started) / 1000, results };
}

/** Written anew after each family, so that a run cut short keeps what it has measured. */
function save(options, about, outcome) {
  const stamp = about.date.slice(0, 19).replaceAll(':', '');
  const standard = fileURLToPath(new URL(`../results/${stamp}${options.quick ? '-quick' : ''}.json`, import.meta.url));
  const file = options.out ?? standard;
  const withRatios = outcome.map((family) => ({
    ...family,
    results: family.results.map((r) => (r.samples.length > 0 ? { ...r, ratios: ratios(r, family.results) } : r)),
  }));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ ...about, loadAfter: loadavg(), options, families: withRatios }, null, 1));
  return relative(process.cwd(), file);
}

function optionsOrUsage() {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}

const options = optionsOrUsage();
const chosenFamilies = (await families()).filter(({ name }) => matches(options.family, name));
const chosen = (await contenders()).filter(({ name }) => matches(options.contender, name));

if (options.help) {
  console.log(USAGE);
} else if (options.list) {
  console.log(`families:\n${chosenFamilies.map(({ name }) => `  ${name}`).join('\n')}`);
  console.log(`contenders:\n${chosen.map(({ name, kind }) => `  ${kind.padEnd(12)}${name}`).join('\n')}`);
} else if (chosenFamilies.length === 0 || chosen.length === 0) {
  console.error('No family or no contender matches; --list names them all.');
  process.exitCode = 2;
} else {
  const folder = mkdtempSync(join(tmpdir(), 'lacuna-bench-'));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const about = { date: new Date().toISOString(), machine: machine() };
  const { cpu, cores, node, engine, load } = about.machine;
  console.log(`# lacuna benchmark${options.quick ? ' (quick)' : ''}\n`);
  console.log(`${cpu}, ${cores} cores, load ${load[0].toFixed(1)}; Node ${node}, ${engine}; one thread each.`);
  console.log(`Iterative methods stop at ${RTOL}; a time counts if the relative residual we compute is ≤ ${GATE}.`);
  console.log(`${options.rounds} rounds in shuffled order after warm-up; a run is cut off after ${options.limit / 1000} s.\n`);
  const outcome = [];
  let file;
  for (const family of chosenFamilies) {
    outcome.push(await runFamily(family, chosen, options, folder));
    console.log(familyTable(outcome.at(-1)));
    file = save(options, about, outcome);
  }
  console.log(`Raw samples: ${file}`);
  // All of it: direct solvers have a benchmark of their own.
  if (!options.family && !options.contender) {
    console.log('\n# Direct solvers\n');
    const script = fileURLToPath(new URL('direct/run.mjs', import.meta.url));
    spawnSync(process.execPath, [script, ...(options.quick ? ['--quick'] : [])], { stdio: 'inherit' });
  }
}
