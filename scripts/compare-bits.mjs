// Compares the solutions of one list of systems, bit for bit, between compilers and targets:
//   node scripts/compare-bits.mjs [--build]
// Runs lacuna_bits of every tree where it is built; with --build it is built first, in all of them.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cmakeBuild } from './lib/cmake.mjs';
import { root, run } from './lib/run.mjs';

const native = (folder) => join(root, 'build', folder, 'lacuna_bits');
const wasm = (name) => join(root, 'build', 'wasm', `${name}.wasm`);
const TARGETS = [
  { name: 'g++', file: native('native'), command: [native('native')] },
  { name: 'clang', file: native('native-clang'), command: [native('native-clang')] },
  { name: 'scalar', file: wasm('lacuna_bits'), command: [process.execPath, 'scripts/wasm-test.mjs', 'scalar', '--bits'] },
  { name: 'simd', file: wasm('lacuna_bits-simd'), command: [process.execPath, 'scripts/wasm-test.mjs', 'simd', '--bits'] },
];

if (process.argv.includes('--build')) {
  await cmakeBuild('native', { options: { CMAKE_CXX_COMPILER: 'g++' }, targets: ['lacuna_bits'] });
  await cmakeBuild('native-clang', { options: { CMAKE_CXX_COMPILER: 'clang++' }, targets: ['lacuna_bits'] });
  await cmakeBuild('wasm', { wasm: true, options: { LACUNA_TESTS: 'ON' }, targets: ['lacuna_bits', 'lacuna_bits-simd'] });
}

/** Hash by name of a system and a method. */
async function hashes({ name, command: [program, ...args] }) {
  const { code, output } = await run(program, args, { quiet: true });
  if (code !== 0) throw new Error(`${name}: lacuna_bits failed with exit code ${code}\n${output}`);
  return new Map(output.trim().split('\n').map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]));
}

const built = TARGETS.filter(({ file }) => existsSync(file));
if (built.length < 2) {
  console.error('bits: nothing to compare, fewer than two targets are built (see --build)');
  process.exit(1);
}
for (const { name } of TARGETS.filter((target) => !built.includes(target))) console.log(`bits: ${name} is not built, left out`);

const [first, ...others] = await Promise.all(built.map(async (target) => ({ name: target.name, lines: await hashes(target) })));
let differences = 0;
for (const { name, lines } of others) {
  for (const key of new Set([...first.lines.keys(), ...lines.keys()])) {
    if (first.lines.get(key) === lines.get(key)) continue;
    differences++;
    if (differences <= 20) console.error(`bits: ${key}: ${first.name} ${first.lines.get(key)}, ${name} ${lines.get(key)}`);
  }
}
if (differences > 0 || first.lines.size === 0) {
  console.error(`bits: ${differences} of ${first.lines.size} hashes differ`);
  process.exit(1);
}
console.log(`bits: ${first.lines.size} hashes equal across ${built.map(({ name }) => name).join(', ')}`);
