import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, root } from './run.mjs';

/** Compile jobs at once: CI has two cores, and each C++ job takes up to 1 GB. */
const JOBS = '2';

/**
 * Configures folder build/NAME where that is needed and builds `targets` (all by default).
 * CMake itself notices changes of its files, so configuring again is only for other options.
 * @param {string} name
 * @param {{ wasm?: boolean, options?: Record<string, string>, targets?: string[] }} settings
 */
export async function cmakeBuild(name, { wasm = false, options = {}, targets = [] } = {}) {
  const folder = join(root, 'build', name);
  const all = { CMAKE_BUILD_TYPE: 'Release', ...options };
  if (!isConfigured(folder, all)) {
    const flags = Object.entries(all).map(([key, value]) => `-D${key}=${value}`);
    const args = ['-S', root, '-B', folder, '-G', 'Ninja', ...flags];
    await (wasm ? must('emcmake', ['cmake', ...args]) : must('cmake', args));
  }
  // A first build takes minutes, so it is announced; one with nothing to do says nothing.
  let announced = false;
  await must('cmake', ['--build', folder, '-j', JOBS, ...targets.flatMap((target) => ['--target', target])], {
    onOutput: (text) => {
      if (announced || !/\] (Building|Linking)/.test(text)) return;
      announced = true;
      console.log(`build: compiling build/${name}`);
    },
  });
}

/** True if the folder's cache holds exactly these values. */
function isConfigured(folder, options) {
  if (!existsSync(join(folder, 'build.ninja'))) return false;
  const cache = readFileSync(join(folder, 'CMakeCache.txt'), 'utf8');
  // CMake writes a program's whole path.
  return Object.entries(options).every(([key, value]) => new RegExp(`^${key}(:[A-Z]+)?=(.*/)?${escape(value)}$`, 'm').test(cache));
}

function escape(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
