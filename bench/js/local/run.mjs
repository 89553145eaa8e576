// The benchmark of local queries: single entries, PageRank, engine rates. Each section runs in a
// process of its own, prints its tables and leaves its raw samples in one JSON file.

import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { machine } from '../harness/machine.mjs';
import { readOptions, USAGE } from './lib/options.mjs';
import { SECTIONS } from './sections/registry.mjs';

const names = Object.keys(SECTIONS);

function optionsOrUsage() {
  try {
    return readOptions(process.argv.slice(2), names);
  } catch (error) {
    console.error(`${error.message}\n\n${USAGE.replace('SECTIONS', names.join(', '))}`);
    process.exit(2);
  }
}

/** What the section kept, or its failure. */
function runSection(name, options, folder) {
  const out = join(folder, `${name}.json`);
  const child = fork(fileURLToPath(new URL('./lib/section-child.mjs', import.meta.url)), [name, JSON.stringify({ ...options, folder }), out], {
    execArgv: ['--max-old-space-size=12288', '--expose-gc'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      if (code === 0) resolve(JSON.parse(readFileSync(out, 'utf8')));
      else {
        console.log(`Section ${name} ended: ${signal ?? code}.\n`);
        resolve({ error: String(signal ?? code) });
      }
    });
  });
}

const options = optionsOrUsage();
if (options.help) {
  console.log(USAGE.replace('SECTIONS', names.join(', ')));
} else if (options.list) {
  for (const [name, title] of Object.entries(SECTIONS)) console.log(`${name.padEnd(12)}${title}`);
} else {
  const folder = mkdtempSync(join(tmpdir(), 'lacuna-local-'));
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const about = { date: new Date().toISOString(), machine: machine() };
  const { cpu, cores, node, engine, load } = about.machine;
  console.log(`# Local queries${options.quick ? ' (quick)' : ''}\n`);
  console.log(`${cpu}, ${cores} cores, load ${load[0].toFixed(1)}; Node ${node}, ${engine}; one thread each.`);
  console.log(`Medians [quartiles] over ${options.rounds} rounds, contenders in shuffled order.\n`);
  const stamp = about.date.slice(0, 19).replaceAll(':', '');
  const file = options.out ?? fileURLToPath(new URL(`../../results/${stamp}-local.json`, import.meta.url));
  mkdirSync(dirname(file), { recursive: true });
  const sections = {};
  for (const name of options.sections) {
    console.log(`## ${name}: ${SECTIONS[name]}\n`);
    const started = performance.now();
    sections[name] = { ...(await runSection(name, options, folder)), seconds: (performance.now() - started) / 1000 };
    // Written anew each time, so that a run cut short keeps what it has measured.
    writeFileSync(file, JSON.stringify({ ...about, loadAfter: loadavg(), options, sections }, null, 1));
    console.log('');
  }
  const verdicts = Object.values(sections).flatMap(({ targets }) => targets ?? []);
  const count = (met) => verdicts.filter((target) => target.met === met).length;
  console.log(`Targets: ${count(true)} met, ${count(false)} missed, ${count(null)} not measured.`);
  console.log(`Raw samples: ${relative(process.cwd(), file)}`);
}
