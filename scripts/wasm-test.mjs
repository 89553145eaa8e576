// Runs a C++ program of the tests compiled to WebAssembly, the Catch2 suite by default:
//   node scripts/wasm-test.mjs scalar|simd [--bits] [arguments of the program]
// Node supplies the bytes, as the loaders of the package do; the exit code is the program's.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './lib/run.mjs';

const [variant, ...rest] = process.argv.slice(2);
if (variant !== 'scalar' && variant !== 'simd') {
  console.error('usage: node scripts/wasm-test.mjs scalar|simd [--bits] [arguments]');
  process.exit(2);
}
const program = rest[0] === '--bits' ? 'lacuna_bits' : 'lacuna_tests';
const args = rest[0] === '--bits' ? rest.slice(1) : rest;
const base = join(root, 'build', 'wasm', variant === 'simd' ? `${program}-simd` : program);

const { default: createProgram } = await import(pathToFileURL(`${base}.js`).href);
const wasm = await WebAssembly.compile(await readFile(`${base}.wasm`));
// Until the program says otherwise: one that ends early must not count as passed.
process.exitCode = 1;
const instance = await createProgram({
  instantiateWasm: (imports, receive) => {
    // A factory never settles where this fails: throw from here, not from a promise.
    receive(new WebAssembly.Instance(wasm, imports), wasm);
    return {};
  },
  print: (line) => console.log(line),
  printErr: (line) => console.error(line),
  onExit: (code) => {
    process.exitCode = code;
  },
});
instance.callMain(args);
