// Builds dist/: the core through CMake and Emscripten, the bundles with esbuild, the declarations with tsc.
// Does only what changed; a run with nothing to do takes a fraction of a second.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cmakeBuild } from './lib/cmake.mjs';
import { emitDeclarations } from './lib/declarations.mjs';
import { standardized } from './lib/relaxed-simd.mjs';
import { must, root } from './lib/run.mjs';
import { step } from './lib/steps.mjs';

const WASM = ['core.wasm', 'core-simd.wasm', 'core-relaxed.wasm', 'graph.wasm', 'graph-simd.wasm', 'rows.wasm', 'factor.wasm', 'factor-simd.wasm', 'factor-relaxed.wasm', 'policy.wasm'];
const GLUE = ['build/wasm/core.js', 'build/wasm/graph.js', 'build/wasm/rows.js', 'build/wasm/factor.js', 'build/wasm/policy.js'];
const SOURCES = ['src/ts', 'bindings/core.d.ts', 'bindings/graph.d.ts', 'bindings/rows.d.ts', 'bindings/factor.d.ts', 'bindings/policy.d.ts', 'bindings/local.d.ts', 'bindings/module.d.ts', 'package.json', 'package-lock.json', 'scripts/build.mjs', 'scripts/lib'];
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

/** Files that are loaded when asked for. One serves all platforms, since it is handed what differs. */
const PARTS = ['graph', 'rows', 'factor', 'policy'];

/** Their module formats. */
const FORMATS = {
  mjs: (body) => `export default function(shared){${body}}`,
  cjs: (body) => `module.exports=function(shared){${body}}`,
};

const BANNER = `/*! lacuna ${version}, MIT */`;

const common = {
  absWorkingDir: root,
  write: false,
  bundle: true,
  minify: true,
  target: 'es2022',
  // Only what is said here decides what '#platform', '#core' and so on are.
  tsconfigRaw: {},
  logLevel: 'warning',
};

async function bundle() {
  const { build } = await import('esbuild');
  const names = await exportsOf('src/ts/shared.ts');
  for (const [file, { loader, format, platform, define = {}, banner = '' }] of Object.entries(BUNDLES)) {
    const { outputFiles } = await build({
      ...common,
      entryPoints: ['src/ts/index.ts'],
      format,
      platform,
      define,
      banner: { js: BANNER + banner },
      alias: { '#platform': `./src/ts/load/${loader}.ts`, '#core': './build/wasm/core.js' },
      external: ['*.wasm'],
      plugins: [instantiatedByUs, handingOver(names), besides(file === 'node.cjs' ? 'cjs' : 'mjs')],
      // Where import() of a file is not to be had, as in Jest, require() is.
      supported: { 'dynamic-import': file !== 'node.cjs' },
    });
    await write(file, outputFiles[0].text, format);
  }
  for (const part of PARTS) {
    const { outputFiles } = await build({
      ...common,
      entryPoints: [`src/ts/${part}/part.ts`],
      format: 'iife',
      globalName: 'part',
      alias: { '#graph-core': './build/wasm/graph.js', '#rows-core': './build/wasm/rows.js', '#factor-core': './build/wasm/factor.js', '#policy-core': './build/wasm/policy.js' },
      plugins: [instantiatedByUs, handedOver(names)],
    });
    for (const [ending, wrap] of Object.entries(FORMATS)) {
      await write(`${part}.${ending}`, BANNER + wrap(`${outputFiles[0].text}return part.default()`), 'esm');
    }
  }
}

/**
 * What our loaders make superfluous in the glue: they hand it module and memory, so its own ways to find
 * them are never taken; of the heap it and we use bytes, int32, uint32 and float64. 1.7 kB (gzip) leave
 * once this is said. Glue that asks in other words stays whole.
 */
const SUPERFLUOUS = [
  [/if\(Module\["instantiateWasm"\]\)\{try.*?return\{\}/s, 'return Module["instantiateWasm"](info,receiveInstance)'],
  [/typeof document/g, 'typeof undefined'],
  [/if\(scriptDirectory\.indexOf\("blob:"\)!==0\)\{.*?\}else\{scriptDirectory=""\}/, ''],
  [/if\(!isDataURI\(wasmBinaryFile\)\)\{wasmBinaryFile=locateFile\(wasmBinaryFile\)\}/, ''],
  [/if\(Module\["wasmMemory"\]\)\{(.*?)\}else\{.*?\}if\(wasmMemory\)\{(.*?)\}INITIAL_MEMORY=.*?;/, '$1;$2;'],
  [/Module\["(HEAP8|HEAP16|HEAPU16|HEAPF32|HEAP64|HEAPU64)"\]=\1=new \w+\(buf\);?/g, ''],
  [/if\(typeof WebAssembly!="object"\)\{abort\(.*?\)\}/, ''],
  [/Module\["preloaded\w+"\]=\{\};/g, ''],
  // Nothing waits but the module itself, and what runs once it is there are functions.
  [/if\(runDependencyWatcher!==null\)\{.*?\}/, ''],
  [/if\(typeof callback=="function"\)\{(callback\(Module\);)continue\}var func=.*?null:callback\.arg\)\}/, '$1'],
  [/what\+="\. Build with -s ASSERTIONS=1 for more info\.";/, ''],
  [/var moduleOverrides=.*?;/, ''],
  [/Object\.assign\(Module,moduleOverrides\);moduleOverrides=null;/, ''],
  [/function (preRun|postRun)\(\)\{callRuntimeCallbacks\(\w+\)\}/g, 'function $1(){}'],
  [/var ___wasm_call_ctors=Module.*?\};/, ''],
  [/var out=.*?;var err=.*?;/, ''],
  [/\{if\(Module\["onAbort"\]\)\{(.*?)\}\}what=.*?err\(what\);/, '$1;'],
  [/typeof (\w+)!="undefined"\?\1:\{\}/, '$1'],
  // It starts when the module is there, which is once and later.
  [/function addRunDependency\(id\)\{.*?\}(function removeRunDependency\(id\)\{).*?callback\(\)\}\}\}/, 'function addRunDependency(){}$1dependenciesFulfilled()}'],
  [/var calledRun;dependenciesFulfilled=.*?\brun\(\);\n/s, 'dependenciesFulfilled=()=>{initRuntime();readyPromiseResolve(Module)};'],
  [/var (_lacuna_\w+)=Module.*?(Module\["asm"\]\["\w+"\]).*?\};/g, 'addOnInit(()=>{Module["$1"]=$2});'],
];

const instantiatedByUs = {
  name: 'instantiated-by-us',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[/\\]build[/\\]wasm[/\\]\w+\.js$/ }, ({ path }) => ({
      contents: SUPERFLUOUS.reduce((text, [pattern, rest]) => text.replace(pattern, rest), readFileSync(path, 'utf8')),
    })),
};

/** '#graph', '#rows' and the like are files of their own beside the bundle. */
const besides = (ending) => ({
  name: 'besides',
  setup: ({ onResolve }) =>
    onResolve({ filter: new RegExp(`^#(${PARTS.join('|')})$`) }, ({ path }) => ({ path: `./${path.slice(1)}.${ending}`, external: true })),
});

/** A list instead of a namespace with its names, which would be 0.4 kB (gzip). */
const handingOver = (names) => ({
  name: 'handing-over',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[/\\]src[/\\]ts[/\\]parts\.ts$/ }, ({ path }) => ({
      loader: 'ts',
      contents: readFileSync(path, 'utf8')
        .replace("import * as shared from './shared.js'", `import {${names}} from './shared.js'`)
        .replace('.default(shared)', `.default([${names}] as never)`),
    })),
});

/** What a part imports as './shared.js' is its argument, in the same order. */
const handedOver = (names) => ({
  name: 'handed-over',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/shared\.js$/ }, () => ({ path: 'shared', namespace: 'handed-over' }));
    onLoad({ filter: /^shared$/, namespace: 'handed-over' }, () => ({ contents: `export const [${names}] = shared;` }));
  },
});

/** Names of the values that a module exports. */
async function exportsOf(file) {
  const { build } = await import('esbuild');
  const { metafile } = await build({
    ...common,
    entryPoints: [file],
    format: 'esm',
    platform: 'neutral',
    external: ['#*'],
    metafile: true,
  });
  return Object.values(metafile.outputs)[0].exports;
}

/** Terser finds 1.5 kB (gzip) that esbuild leaves, most of it by its choice of names. */
async function write(file, text, format) {
  const { minify } = await import('terser');
  const { code } = await minify(text, {
    module: format === 'esm',
    toplevel: true,
    ecma: 2020,
    compress: { passes: 2 },
    format: { comments: /^!/ },
  });
  writeFileSync(join(root, 'dist', file), `${code}\n`);
}

/** What the modules use of what came after WebAssembly 1.0. */
const FEATURES = ['simd', 'relaxed-simd', 'exception-handling', 'bulk-memory', 'nontrapping-float-to-int', 'sign-ext', 'mutable-globals'];

/** A module as it ships. The wasm-opt of today finds 1.8 kB (gzip) that Debian's leaves. */
async function finish(file) {
  // Written, not copied: the linker marks its output executable.
  const path = join(root, 'dist', file);
  writeFileSync(path, standardized(readFileSync(join(root, 'build/wasm', file))));
  const optimizer = join(root, 'node_modules/binaryen/bin/wasm-opt');
  await must(process.execPath, [optimizer, ...FEATURES.map((name) => `--enable-${name}`), '-Os', '-Oz', '--reorder-functions', path, '-o', path]);
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
  for (const file of WASM) {
    await step(file, {
      inputs: [`build/wasm/${file}`, 'scripts/build.mjs', 'scripts/lib/relaxed-simd.mjs', 'package-lock.json'],
      outputs: [`dist/${file}`],
      work: () => finish(file),
    });
  }
  await step('bundles', {
    inputs: [...SOURCES, ...GLUE],
    outputs: [...Object.keys(BUNDLES), ...PARTS.flatMap((part) => Object.keys(FORMATS).map((ending) => `${part}.${ending}`))].map((file) => `dist/${file}`),
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
