import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'vitest';
import { root, runProgram } from '../package/support/process.js';

/** Address of the built package for Node, for programs that run apart from Vitest. */
export const PACKAGE = pathToFileURL(join(root, 'dist', 'node.mjs')).href;

/**
 * Runs a module in a Node of its own and returns what it prints as JSON. 'lacuna' in its imports
 * stands for the built package. Anything else that it prints, to stderr too, is a failure.
 */
export async function evaluate<T>(source: string, { flags = [] }: { flags?: readonly string[] } = {}): Promise<T> {
  const { code, stdout, stderr } = await runProgram(process.execPath, [...flags, '--input-type=module', '-e', resolved(source)]);
  expect(stderr).toBe('');
  expect(code, stdout).toBe(0);
  return JSON.parse(stdout) as T;
}

/** The source with the built package in place of 'lacuna'. */
export function resolved(source: string): string {
  return source.replaceAll(/(from\s+|import\s*\(?\s*)(['"])lacuna\2/g, `$1'${PACKAGE}'`);
}
