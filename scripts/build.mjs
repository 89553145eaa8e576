// Builds dist/: the core through CMake and Emscripten, the bundles with esbuild, the declarations with tsc.
// Does only what changed; a run with nothing to do takes a fraction of a second.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cmakeBuild } from './lib/cmake.mjs';
import { emitDeclarations } from './lib/declarations.mjs';
import { root } from './lib/run.mjs';
import { step } from './lib/steps.mjs';

const WASM = ['core.wasm', 'core-simd.wasm'];
const SOURCES = ['src/ts', 'bindings/core.d.ts', 'package.json', 'package-lock.json', 'scripts/build.mjs', 'scripts/lib'];
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** One bundle per platform and module format; each holds one loader and the glue. */
const BUNDLES = {
  'node.mjs': { loader: 'node', format: 'esm', platform: 'node' },
  'node.cjs': {
    loader: 'node',
    format: 'cjs',
    platform: 'node',
    define: { 'import.meta.url': 'lacunaUrl' },
    banner: 'const lacunaUrl=require("node:url").pathToFileURL(__filename).href;',
  },
  'browser.mjs': { loader: 'browser', format: 'esm', platform: 'browser' },
  'browser.cjs': {
    loader: 'browser',
    format: 'cjs',
    platform: 'browser',
    define: { 'import.meta.url': 'lacunaUrl' },
    // A script knows its address only while it is first run; in a worker it is the worker's.
    banner: 'const lacunaUrl=(typeof document=="object"&&document.currentScript||{}).src||globalThis.location?.href;',
  },
  'workerd.mjs': { loader: 'workerd', format: 'esm', platform: 'browser' },
};

async function bundle() {
  const { build } = await import('esbuild');
  const { minify } = await import('terser');
  for (const [file, { loader, format, platform, define = {}, banner = '' }] of Object.entries(BUNDLES)) {
    const { outputFiles } = await build({
      absWorkingDir: root,
      entryPoints: ['src/ts/index.ts'],
      write: false,
      bundle: true,
      minify: true,
      format,
      platform,
      define,
      target: 'es2022',
      banner: { js: `/*! lacuna ${version}, MIT */${banner}` },
      alias: { '#platform': `./src/ts/load/${loader}.ts`, '#core': './build/wasm/core.js' },
      external: ['*.wasm'],
      // Only the aliases above say what '#platform' and '#core' are.
      tsconfigRaw: {},
      logLevel: 'warning',
    });
    // Terser finds 1.5 kB (gzip) that esbuild leaves, most of it by its choice of names.
    const { code } = await minify(outputFiles[0].text, {
      module: format === 'esm',
      toplevel: true,
      ecma: 2020,
      compress: { passes: 2 },
      format: { comments: /^!/ },
    });
    writeFileSync(join(root, 'dist', file), `${code}\n`);
  }
}

// Two builds in one folder would write over each other, so the second one waits for the first.
function becomeTheOnlyOne() {
  if (process.env.LACUNA_BUILD_LOCK !== undefined) return;
  mkdirSync(join(root, 'build'), { recursive: true });
  const lock = join(root, 'build', '.build-lock');
  const { status, error } = spawnSync('flock', [lock, process.execPath, ...process.argv.slice(1)], {
    stdio: 'inherit',
    env: { ...process.env, LACUNA_BUILD_LOCK: lock },
  });
  if (error === undefined) process.exit(status ?? 1);
}

becomeTheOnlyOne();
try {
  await cmakeBuild('wasm', { wasm: true });
  mkdirSync(join(root, 'dist'), { recursive: true });
  await step('wasm', {
    inputs: WASM.map((file) => `build/wasm/${file}`),
    outputs: WASM.map((file) => `dist/${file}`),
    // Written, not copied: the linker marks its output executable.
    work: async () => WASM.forEach((file) => writeFileSync(join(root, 'dist', file), readFileSync(join(root, 'build/wasm', file)))),
  });
  await step('bundles', {
    inputs: [...SOURCES, 'build/wasm/core.js'],
    outputs: Object.keys(BUNDLES).map((file) => `dist/${file}`),
    work: bundle,
  });
  await step('types', {
    inputs: [...SOURCES, 'tsconfig.json', 'tsconfig.types.json'],
    outputs: ['dist/types/esm/index.d.ts', 'dist/types/cjs/index.d.ts', 'dist/types/cjs/package.json'],
    work: emitDeclarations,
  });
} catch (error) {
  console.error(`build: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
