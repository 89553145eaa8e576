import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { root, runProgram } from './process.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The packed package, as it would be published. */
    tarball: string;
    /** A folder outside the repository in which only that tarball is installed. */
    consumer: string;
  }
}

/** Packs dist/ once and installs it where nothing else can be resolved by accident. */
export default async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'lacuna-package-'));
  const { stdout } = await npm(root, ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]);
  const tarball = join(folder, packedName(stdout));

  writeFileSync(join(folder, 'package.json'), '{ "name": "consumer", "private": true, "type": "module" }\n');
  await npm(folder, ['install', '--offline', '--no-package-lock', '--ignore-scripts', tarball]);

  project.provide('tarball', tarball);
  project.provide('consumer', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}

async function npm(cwd: string, args: string[]): Promise<{ stdout: string }> {
  const result = await runProgram('npm', args, { cwd });
  if (result.code !== 0) throw new Error(`npm ${args.join(' ')}:\n${result.stderr}`);
  return result;
}

/** npm 11 and earlier print an array, later ones an object keyed by package. */
function packedName(json: string): string {
  const [first] = Object.values(JSON.parse(json) as Record<string, { filename: string }>);
  if (first === undefined) throw new Error('npm pack named no file');
  return first.filename;
}
