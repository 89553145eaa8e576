import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { publint } from 'publint';
import { describe, expect, inject, test } from 'vitest';
import { root, runProgram } from './support/process.js';

const tarball = inject('tarball');
const installed = join(inject('consumer'), 'node_modules', 'lacuna');

const FILES = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'dist/browser.cjs',
  'dist/browser.mjs',
  'dist/core-relaxed.wasm',
  'dist/core-simd.wasm',
  'dist/core.wasm',
  'dist/factor-relaxed.wasm',
  'dist/factor-simd.wasm',
  'dist/factor.cjs',
  'dist/factor.mjs',
  'dist/factor.wasm',
  'dist/graph-simd.wasm',
  'dist/graph.cjs',
  'dist/graph.mjs',
  'dist/graph.wasm',
  'dist/node.cjs',
  'dist/node.mjs',
  'dist/policy.cjs',
  'dist/policy.mjs',
  'dist/policy.wasm',
  'dist/rows.cjs',
  'dist/rows.mjs',
  'dist/rows.wasm',
  'dist/types/cjs/package.json',
  'dist/workerd.mjs',
  'package.json',
];

/** Declarations, once for each module format. */
const DECLARATIONS = [
  'dispose.d.ts',
  'engine.d.ts',
  'errors.d.ts',
  'factor/factor.d.ts',
  'factor/options.d.ts',
  'factor/report.d.ts',
  'graph/graph.d.ts',
  'graph/options.d.ts',
  'index.d.ts',
  'io/header.d.ts',
  'io/matrix-market.d.ts',
  'io/scanner.d.ts',
  'io/writer.d.ts',
  'load/platform.d.ts',
  'local/answer.d.ts',
  'local/local-solver.d.ts',
  'local/query-options.d.ts',
  'local/row-solver.d.ts',
  'local/row-source.d.ts',
  'local/tracked.d.ts',
  'matrix.d.ts',
  'native/codes.d.ts',
  'native/held.d.ts',
  'options.d.ts',
  'policy/bandit.d.ts',
  'policy/create.d.ts',
  'policy/feature-names.d.ts',
  'policy/manifest.d.ts',
  'policy/policy.d.ts',
  'policy/training.d.ts',
  'report.d.ts',
  'rhs.d.ts',
  'solution.d.ts',
  'solver.d.ts',
  'sparse/checked-csr.d.ts',
  'sparse/csr.d.ts',
  'sparse/edges.d.ts',
  'witness/create.d.ts',
  'witness/witness.d.ts',
];

describe('tarball', () => {
  test('holds exactly these files', () => {
    const names = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((name) => name.replace(/^package\//, ''))
      .sort();
    const declarations = DECLARATIONS.flatMap((name) => [`dist/types/cjs/${name}`, `dist/types/esm/${name}`]);
    expect(names).toEqual([...FILES, ...declarations].sort());
  });

  test('has no runtime dependencies and no install scripts', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Record<string, unknown>;
    for (const field of ['dependencies', 'peerDependencies', 'optionalDependencies', 'bundleDependencies']) {
      expect(manifest).not.toHaveProperty(field);
    }
    const scripts = Object.keys(manifest['scripts'] as object);
    for (const hook of ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish']) expect(scripts).not.toContain(hook);
    expect(manifest['sideEffects']).toBe(false);
  });

  test('names the same version in package.json and lockfile', () => {
    const read = (file: string): { version: string } => JSON.parse(readFileSync(join(root, file), 'utf8')) as { version: string };
    expect(read('package-lock.json').version).toBe(read('package.json').version);
  });

  test('is clean for publint', async () => {
    const bytes = readFileSync(tarball);
    const archive = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const { messages } = await publint({ pack: { tarball: archive }, strict: true });
    expect(messages).toEqual([]);
  });

  test('is clean for attw: types resolve in every mode and match the module format', async () => {
    const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    const args = [attw, tarball, '--exclude-entrypoints', 'core.wasm', 'core-simd.wasm', 'core-relaxed.wasm', 'graph.wasm', 'graph-simd.wasm', 'rows.wasm', 'factor.wasm', 'factor-simd.wasm', 'factor-relaxed.wasm', 'policy.wasm', '--no-color', '--no-emoji'];
    const { code, stdout, stderr } = await runProgram(process.execPath, args);
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toContain('No problems found');
  });
});

describe('sizes', () => {
  const kB = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;

  test.each([
    { file: 'core.wasm', raw: 500_000, gzip: 180_000 },
    { file: 'core-simd.wasm', raw: 500_000, gzip: 180_000 },
    { file: 'core-relaxed.wasm', raw: 500_000, gzip: 180_000 },
    { file: 'node.mjs', raw: Infinity, gzip: 25_000 },
    { file: 'browser.mjs', raw: Infinity, gzip: 25_000 },
    { file: 'workerd.mjs', raw: Infinity, gzip: 25_000 },
    // Loaded when asked for.
    { file: 'graph.wasm', raw: 210_000, gzip: 92_000 },
    { file: 'graph-simd.wasm', raw: 210_000, gzip: 92_000 },
    { file: 'graph.mjs', raw: Infinity, gzip: 7_000 },
    { file: 'factor.wasm', raw: 440_000, gzip: 180_000 },
    { file: 'factor-simd.wasm', raw: 440_000, gzip: 180_000 },
    { file: 'factor-relaxed.wasm', raw: 440_000, gzip: 180_000 },
    { file: 'factor.mjs', raw: Infinity, gzip: 7_000 },
    { file: 'rows.wasm', raw: 145_000, gzip: 65_000 },
    { file: 'rows.mjs', raw: Infinity, gzip: 3_000 },
    { file: 'policy.wasm', raw: 165_000, gzip: 75_000 },
    { file: 'policy.mjs', raw: Infinity, gzip: 60_000 },
  ])('$file is within its budget', ({ file, raw, gzip }) => {
    const path = join(installed, 'dist', file);
    const size = statSync(path).size;
    const zipped = gzipSync(readFileSync(path), { level: 9 }).length;
    console.log(`${file}: ${kB(size)} raw, ${kB(zipped)} gzip`);
    expect(size).toBeLessThanOrEqual(raw);
    expect(zipped).toBeLessThanOrEqual(gzip);
  });
});
