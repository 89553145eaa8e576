// Runs the C++ tests compiled to WebAssembly: node scripts/wasm-test.mjs scalar|simd [Catch2 arguments].
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { root } from './lib/run.mjs';

const [variant, ...args] = process.argv.slice(2);
if (variant !== 'scalar' && variant !== 'simd') {
  console.error('usage: node scripts/wasm-test.mjs scalar|simd [Catch2 arguments]');
  process.exit(2);
}
const base = join(root, 'build', 'wasm', variant === 'simd' ? 'lacuna_tests-simd' : 'lacuna_tests');

const { default: createTests } = await import(pathToFileURL(`${base}.js`).href);
// Until the tests say otherwise: a program that ends early must not count as passed.
process.exitCode = 1;
const tests = await createTests({
  wasmBinary: await readFile(`${base}.wasm`),
  print: (line) => console.log(line),
  printErr: (line) => console.error(line),
  onExit: (code) => {
    process.exitCode = code;
  },
});
tests.callMain(args);
