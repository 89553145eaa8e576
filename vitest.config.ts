import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** Tests import sources by relative path, and what users get (the built package) as 'lacuna'. */
const alias = {
  lacuna: path('./dist/node.mjs'),
  '#platform': path('./src/ts/load/node.ts'),
  '#core': path('./build/wasm/core.js'),
};

const project = (name: string, timeout: number, more: object = {}) => ({
  resolve: { alias },
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
