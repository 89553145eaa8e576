import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/**
 * 'lacuna' is what users get, the built package; in unit tests it is the sources, so that what they
 * import by relative path and what test/js/support imports are the same classes.
 */
const alias = (name: string) => ({
  lacuna: path(name === 'unit' ? './src/ts/index.ts' : './dist/node.mjs'),
  '#platform': path('./src/ts/load/node.ts'),
  '#core': path('./build/wasm/core.js'),
  '#graph-core': path('./build/wasm/graph.js'),
  '#rows-core': path('./build/wasm/rows.js'),
  '#policy-core': path('./build/wasm/policy.js'),
  '#graph': path('./src/ts/graph/part.ts'),
  '#policy': path('./src/ts/policy/part.ts'),
  '#rows': path('./src/ts/rows/part.ts'),
  '#factor-core': path('./build/wasm/factor.js'),
  '#factor': path('./src/ts/factor/part.ts'),
});

const project = (name: string, timeout: number, more: object = {}) => ({
  resolve: { alias: alias(name) },
  test: {
    name,
    include: [`test/js/${name}/**/*.test.ts`],
    testTimeout: timeout,
    hookTimeout: timeout,
    server: { deps: { external: [/\/dist\//, /\/build\/wasm\//] } },
    ...more,
  },
});

export default defineConfig({
  test: {
    // Two cores are common on CI; browsers and bundlers of the package tests need the second one.
    maxWorkers: 2,
    projects: [
      project('unit', 20_000),
      project('numerics', 120_000),
      project('runtime', 60_000),
      project('types', 60_000),
      project('package', 240_000, { globalSetup: ['test/js/package/support/setup.ts'] }),
    ],
  },
});
