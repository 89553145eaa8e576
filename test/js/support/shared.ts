import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';

/** The folder `shared` beside the project, with matrices and meshes; null in a clone without it. */
export function sharedDir(): string | null {
  const folder = fileURLToPath(new URL('../../../../shared', import.meta.url));
  return existsSync(join(folder, 'matrices')) ? folder : null;
}

/** A `describe` that runs where the shared folder is and says so where it is not. */
export function describeShared(name: string, body: (folder: string) => void): void {
  const folder = sharedDir();
  if (folder !== null) describe(name, () => body(folder));
  else describe.skip(`${name} (skipped: no folder ../shared beside the project)`, () => body(''));
}

/** Names of the Matrix Market files in the shared folder, sorted; empty without it. */
export function matrixFiles(folder = sharedDir()): string[] {
  if (folder === null || folder === '') return [];
  return readdirSync(join(folder, 'matrices'))
    .filter((name) => name.endsWith('.mtx'))
    .sort();
}

/** The bytes of one shared matrix. */
export function readMatrixFile(folder: string, name: string): Uint8Array {
  return readFileSync(join(folder, 'matrices', name));
}

/** The text of one shared mesh. */
export function readMeshFile(folder: string, name: string): string {
  return readFileSync(join(folder, 'meshes', name), 'utf8');
}
