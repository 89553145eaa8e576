// The parts of src/ts/policy that the package does not export, over the built package.

import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const shared = pathToFileURL(`${root}dist/node.mjs`).href;

const { outputFiles } = await build({
  stdin: {
    contents: ['families/families', 'families/noise', 'random', 'work', 'outcome', 'oracle', 'modes', 'statistics'].map((name) => `export * from './src/ts/policy/${name}.ts';`).join('\n'),
    resolveDir: root,
    loader: 'ts',
  },
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  tsconfigRaw: {},
  plugins: [
    {
      name: 'built-package',
      setup: ({ onResolve }) => onResolve({ filter: /\/shared\.js$/ }, () => ({ path: shared, external: true })),
    },
  ],
});

/** Families of systems, seeded random numbers, work and outcomes. */
export const internals = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
