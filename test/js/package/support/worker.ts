import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import * as esbuild from 'esbuild';

/** A file of a Worker's upload. */
export type WorkerModule = { type: 'ESModule' | 'CompiledWasm'; path: string; contents: string | Uint8Array<ArrayBuffer> };

/** Bundles a Worker as wrangler does: its conditions, and imported .wasm files become modules of the upload. */
export async function bundleWorker(source: string, consumer: string): Promise<WorkerModule[]> {
  const wasm = new Map<string, WorkerModule>();
  const { outputFiles } = await esbuild.build({
    stdin: { contents: source, resolveDir: consumer },
    bundle: true,
    minify: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    write: false,
    logLevel: 'silent',
    plugins: [
      {
        name: 'wasm-modules',
        setup(build) {
          build.onResolve({ filter: /\.wasm$/ }, async ({ path, importer, resolveDir, kind, pluginData }) => {
            if (pluginData === 'resolved') return undefined;
            const found = await build.resolve(path, { importer, resolveDir, kind, pluginData: 'resolved' });
            if (found.errors.length > 0) return found;
            const name = basename(found.path);
            wasm.set(name, { type: 'CompiledWasm', path: name, contents: new Uint8Array(readFileSync(found.path)) });
            return { path: `./${name}`, external: true };
          });
        },
      },
    ],
  });
  const [bundle] = outputFiles;
  if (bundle === undefined) throw new Error('esbuild wrote nothing');
  return [{ type: 'ESModule', path: 'worker.mjs', contents: bundle.text }, ...wasm.values()];
}
