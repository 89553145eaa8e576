// All tests after set-up: node scripts/test.mjs [--prove] [cpp] [wasm] [bits] [types] [js] [package]; all of them
// by default. --prove runs the full counts where the tests otherwise take samples.
// The last line is 'N passed, N failed[, N skipped]' over everything, the exit code says the same.
import { join } from 'node:path';
import { cmakeBuild } from './lib/cmake.mjs';
import { root, run } from './lib/run.mjs';
import { runCatch, runCheck, runVitest } from './lib/suites.mjs';

const flags = process.argv.slice(2).filter((argument) => argument.startsWith('-'));
const prove = flags.includes('--prove');
if (prove) process.env.PROVE = '1';

/** Catch2 hides the tests tagged [.prove] unless they are asked for. */
async function catchRuns(name, command, args, env) {
  const results = [await runCatch(name, command, args, env)];
  if (prove) results.push(await runCatch(`${name}, full`, command, [...args, '[.prove]'], env));
  return results;
}

/** The C++ tests in one native tree. */
async function native(name, folder, options = {}) {
  await cmakeBuild(folder, { options });
  return catchRuns(name, join(root, 'build', folder, 'lacuna_tests'), [], {
    // A finding must fail the run, not only be printed.
    ASAN_OPTIONS: 'detect_leaks=1:abort_on_error=0',
    UBSAN_OPTIONS: 'print_stacktrace=1',
  });
}

/** The same C++ tests, compiled to WebAssembly and run by Node. */
async function wasm(variant) {
  await cmakeBuild('wasm', { wasm: true, targets: [variant === 'simd' ? 'lacuna_tests-simd' : 'lacuna_tests'] });
  return catchRuns(`C++ wasm ${variant}`, process.execPath, ['scripts/wasm-test.mjs', variant]);
}

const SUITES = {
  cpp: [
    () => native('C++ native, g++', 'native', { CMAKE_CXX_COMPILER: 'g++' }),
    () => native('C++ native, clang', 'native-clang', { CMAKE_CXX_COMPILER: 'clang++' }),
    () => native('C++ native, ASan and UBSan', 'asan', { CMAKE_CXX_COMPILER: 'g++', LACUNA_SANITIZE: 'ON' }),
  ],
  wasm: [() => wasm('scalar'), () => wasm('simd')],
  bits: [() => runCheck('Same bits everywhere', process.execPath, ['scripts/compare-bits.mjs'])],
  types: [() => runCheck('TypeScript types', process.execPath, ['node_modules/typescript/bin/tsc', '--noEmit'])],
  js: [() => runVitest(['unit', 'numerics', 'runtime', 'types'])],
  package: [() => runVitest(['package'])],
};

const asked = process.argv.slice(2).filter((argument) => !flags.includes(argument));
const unknown = [...flags.filter((flag) => flag !== '--prove'), ...asked.filter((name) => !Object.hasOwn(SUITES, name))];
if (unknown.length > 0) {
  console.error(`no such suite: ${unknown.join(', ')}; there are ${Object.keys(SUITES).join(', ')}`);
  process.exit(2);
}
const names = asked.length > 0 ? asked : Object.keys(SUITES);

const results = [];
const failure = (name) => results.push({ name, passed: 0, failed: 1, skipped: 0, seconds: 0 });

if (names.some((name) => name !== 'cpp')) {
  const { code } = await run(process.execPath, ['scripts/build.mjs']);
  if (code !== 0) failure('build');
}
for (const name of names) {
  for (const suite of SUITES[name]) {
    const start = performance.now();
    try {
      const found = await suite();
      const seconds = (performance.now() - start) / 1000;
      for (const result of [found].flat()) results.push({ ...result, seconds });
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      failure(name);
    }
  }
}

const sum = (key) => results.reduce((total, result) => total + result[key], 0);
const summary = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
console.log();
for (const result of results) {
  console.log(`${result.failed > 0 ? '✗' : '✓'} ${result.name.padEnd(28)} ${summary(result)} (${result.seconds.toFixed(1)} s)`);
}
console.log();
console.log(summary({ passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') }));
if (sum('failed') > 0 || sum('passed') === 0) process.exitCode = 1;
