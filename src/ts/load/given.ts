import { LacunaError } from '../errors.js';
import { compileBytes } from './compile.js';
import { type LoadOptions, type ModuleSource, VARIANTS } from './platform.js';

const PAGE = 65_536;
const SOURCES = ['wasmModule', 'wasmBinary', 'wasmUrl'] as const;
const MODULES = ['graph', 'rows', 'factor', 'policy'] as const;
const KNOWN = [...SOURCES, 'variant', ...MODULES, 'memoryLimit', 'maxSolvers'];

/** Largest memory that 32-bit WebAssembly can address, in bytes. */
export const ADDRESSABLE = 65_536 * PAGE;

/** As many as handles can number: see registry.hpp. */
const MOST_SOLVERS = 2 ** 20;

/** Throws `invalid-option` unless `options` is a well-formed {@link LoadOptions}. */
export function checkLoadOptions(options: LoadOptions): void {
  checkKeys(options, 'options', KNOWN);
  const { variant = 'auto' } = options;
  if (variant !== 'auto' && !VARIANTS.includes(variant)) {
    throw new LacunaError('invalid-option', `must be 'auto', '${VARIANTS.join("', '")}'`, { argument: 'options.variant' });
  }
  checkSource(options, 'options');
  for (const name of MODULES) {
    const source = options[name];
    if (source === undefined) continue;
    checkKeys(source, `options.${name}`, SOURCES);
    checkSource(source, `options.${name}`);
  }
  for (const [name, most] of [['memoryLimit', ADDRESSABLE], ['maxSolvers', MOST_SOLVERS]] as const) {
    const value = options[name];
    if (value === undefined || (Number.isSafeInteger(value) && value > 0 && value <= most)) continue;
    throw new LacunaError('invalid-option', `must be an integer from 1 to ${most}`, { argument: `options.${name}` });
  }
}

function checkKeys(options: object, argument: string, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) throw new LacunaError('invalid-option', 'must be an object', { argument });
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      throw new LacunaError('invalid-option', 'is not an option of loading', {
        argument: `${argument}.${key}`,
        remedy: `Known are ${known.join(', ')}`,
      });
    }
  }
}

function checkSource(source: ModuleSource, argument: string): void {
  const { wasmModule, wasmBinary, wasmUrl } = source;
  const given = SOURCES.filter((name) => source[name] !== undefined);
  if (given.length > 1) {
    throw new LacunaError('invalid-option', `${given.join(' and ')} exclude each other`, {
      argument,
      remedy: 'Give one of them',
    });
  }
  // By tag, not by instanceof: a module or buffer may come from another realm.
  const tag = (value: unknown): string => Object.prototype.toString.call(value).slice(8, -1);
  if (wasmModule !== undefined && tag(wasmModule) !== 'WebAssembly.Module') {
    throw new LacunaError('invalid-option', 'must be a compiled WebAssembly.Module', { argument: `${argument}.wasmModule` });
  }
  if (wasmBinary !== undefined && tag(ArrayBuffer.isView(wasmBinary) ? wasmBinary.buffer : wasmBinary) !== 'ArrayBuffer') {
    throw new LacunaError('invalid-option', 'must be an ArrayBuffer (not a shared one) or a view of one', {
      argument: `${argument}.wasmBinary`,
    });
  }
  if (wasmUrl !== undefined && typeof wasmUrl !== 'string' && tag(wasmUrl) !== 'URL') {
    throw new LacunaError('invalid-option', 'must be a string or a URL', { argument: `${argument}.wasmUrl` });
  }
}

/** The module that the caller brought as `wasmModule` or `wasmBinary`, or undefined. */
export async function compileGiven(source: ModuleSource): Promise<WebAssembly.Module | undefined> {
  if (source.wasmModule !== undefined) return source.wasmModule;
  if (source.wasmBinary !== undefined) {
    // checkLoadOptions has made sure that the view is not of shared memory.
    return compileBytes(source.wasmBinary as BufferSource, 'options.wasmBinary', {});
  }
  return undefined;
}
