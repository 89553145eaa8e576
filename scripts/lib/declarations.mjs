import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { must, root } from './run.mjs';

/**
 * Emits declarations and copies those that index.d.ts leads to into dist/types/esm and
 * dist/types/cjs: the same text, which the nearest package.json makes one or the other.
 */
export async function emitDeclarations() {
  const emitted = join(root, 'build', 'types');
  rmSync(emitted, { recursive: true, force: true });
  await must(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json', '--pretty', 'false']);

  const types = join(root, 'dist', 'types');
  rmSync(types, { recursive: true, force: true });
  for (const [file, text] of reachable(emitted)) {
    for (const format of ['esm', 'cjs']) {
      const target = join(types, format, file);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, text);
    }
  }
  writeFileSync(join(types, 'cjs', 'package.json'), '{ "type": "commonjs" }\n');
}

/** The files that index.d.ts imports, itself included; anything not relative would break at users'. */
function reachable(folder) {
  const found = new Map();
  const queue = ['index.d.ts'];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (found.has(file)) continue;
    const text = readFileSync(join(folder, file), 'utf8');
    found.set(file, text);
    const code = text.replace(/\/\*[\s\S]*?\*\//g, '');
    for (const [, name] of code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g)) {
      if (!name.startsWith('.')) throw new Error(`dist/types/esm/${file} would import '${name}', which users do not have`);
      queue.push(posix.join(posix.dirname(file), name).replace(/\.js$/, '.d.ts'));
    }
  }
  return found;
}
