import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import type { Browser } from 'playwright-core';
import * as vite from 'vite';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import webpack from 'webpack';
import { answerOf, launchChromium, openPage } from './support/chromium.js';
import { expectKnown, SOLVE_KNOWN, type KnownAnswer } from './support/program.js';
import { serve } from './support/server.js';

const consumer = inject('consumer');
const dist = join(consumer, 'node_modules/lacuna/dist');
let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

/** A folder with a page and its script, the way an application has them. */
function application(name: string): string {
  const folder = join(consumer, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'index.html'), page('/main.js'));
  writeFileSync(
    join(folder, 'main.js'),
    `import * as lacuna from 'lacuna';${SOLVE_KNOWN}
     const scalar = await solveKnown(lacuna, { variant: 'scalar' });
     globalThis.answer = { simd: await solveKnown(lacuna), scalar };`,
  );
  return folder;
}

const page = (script: string): string =>
  `<!doctype html><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`;

/** Opens a page and expects both variants to have solved there, in silence. */
async function expectBothIn(url: string): Promise<void> {
  const { page: opened, noise } = await openPage(browser, url);
  const answer = await answerOf<{ simd: KnownAnswer; scalar: KnownAnswer }>(opened);
  expectKnown(answer.simd, 'simd');
  expectKnown(answer.scalar, 'scalar');
  expect(noise).toEqual([]);
  await opened.close();
}

/** Serves what a bundler wrote and runs it in Chromium. */
async function expectOutputRuns(folder: string): Promise<void> {
  const server = await serve(folder);
  try {
    await expectBothIn(`${server.origin}/index.html`);
  } finally {
    await server.close();
  }
}

test('esbuild: the bundle runs with the .wasm files copied beside it', async () => {
  const folder = application('app-esbuild');
  const out = join(folder, 'out');
  const { warnings } = await esbuild.build({
    absWorkingDir: folder,
    entryPoints: ['main.js'],
    outfile: join(out, 'main.js'),
    bundle: true,
    format: 'esm',
    minify: true,
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  writeFileSync(join(out, 'index.html'), page('/main.js'));
  for (const file of ['core.wasm', 'core-simd.wasm', 'graph.wasm', 'graph-simd.wasm', 'rows.wasm', 'factor.wasm', 'factor-simd.wasm', 'policy.wasm']) copyFileSync(join(dist, file), join(out, file));
  await expectOutputRuns(out);
});

test('esbuild: for Node, ESM and CommonJS', async () => {
  const folder = application('app-esbuild-node');
  for (const format of ['esm', 'cjs'] as const) {
    const { warnings } = await esbuild.build({
      stdin: { contents: `export { loadEngine } from 'lacuna';`, resolveDir: folder },
      write: false,
      bundle: true,
      platform: 'node',
      format,
      logLevel: 'silent',
    });
    // CommonJS has no import.meta: esbuild says so about the ESM build, where wasmUrl or an external package helps.
    if (format === 'esm') expect(warnings).toEqual([]);
    else expect(warnings.map((warning) => warning.id)).toEqual(warnings.map(() => 'empty-import-meta'));
  }
});

test('Vite build: emits all .wasm files and runs', async () => {
  const folder = application('app-vite');
  const warnings: string[] = [];
  const logger = vite.createLogger('warn');
  logger.warn = (message) => void warnings.push(message);
  await vite.build({
    root: folder,
    configFile: false,
    customLogger: logger,
    logLevel: 'warn',
    build: { outDir: 'out', emptyOutDir: true, target: 'esnext' },
  });
  expect(warnings).toEqual([]);
  const assets = readdirSync(join(folder, 'out/assets')).filter((file) => file.endsWith('.wasm'));
  // Vite's hash has 8 characters, a hyphen may be among them.
  expect(assets.map((file) => file.replace(/-[\w-]{8}\.wasm$/, '')).sort()).toEqual(['core', 'core-relaxed', 'core-simd', 'factor', 'factor-relaxed', 'factor-simd', 'graph', 'graph-simd', 'policy', 'rows']);
  await expectOutputRuns(join(folder, 'out'));
});

test('Vite dev server: runs with no configuration', async () => {
  const folder = application('app-vite-dev');
  const server = await vite.createServer({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    server: { host: '127.0.0.1', port: 0, hmr: false, ws: false },
  });
  try {
    await server.listen();
    const url = server.resolvedUrls?.local[0];
    if (url === undefined) throw new Error('Vite listens nowhere');
    const { page: opened } = await openPage(browser, url);
    const answer = await answerOf<{ simd: KnownAnswer; scalar: KnownAnswer }>(opened);
    expectKnown(answer.simd, 'simd');
    expectKnown(answer.scalar, 'scalar');
  } finally {
    await server.close();
  }
});

test('webpack: emits all .wasm files and runs', async () => {
  const folder = application('app-webpack');
  const out = join(folder, 'out');
  const stats = await new Promise<webpack.Stats>((resolve, reject) => {
    const compiler = webpack({
      mode: 'production',
      context: folder,
      entry: './main.js',
      output: { path: out, filename: 'main.js', module: true },
      experiments: { outputModule: true },
      performance: false,
    });
    compiler.run((error, result) => {
      compiler.close(() => {
        if (error !== null) reject(error);
        else if (result === undefined) reject(new Error('webpack gave no result'));
        else resolve(result);
      });
    });
  });
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
  expect({ errors, warnings }).toEqual({ errors: [], warnings: [] });
  expect(readdirSync(out).filter((file) => file.endsWith('.wasm'))).toHaveLength(10);
  writeFileSync(join(out, 'index.html'), page('/main.js'));
  await expectOutputRuns(out);
});
