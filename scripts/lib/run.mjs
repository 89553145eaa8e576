import { spawn } from 'node:child_process';
import { delimiter, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

// npm puts the programs of packages before all others; emcc must find the wasm-opt that it came with.
process.env.PATH = (process.env.PATH ?? '')
  .split(delimiter)
  .filter((folder) => !folder.endsWith(`node_modules${sep}.bin`))
  .join(delimiter);

/** Debian's emcc finds its JavaScript optimiser's parser only here, unless Node is Debian's own. */
export const toolEnv = { NODE_PATH: '/usr/share/nodejs', ...process.env };

/**
 * Runs a command in the root folder. Resolves to { code, output }, whatever the code.
 * @param {string} command
 * @param {string[]} args
 * @param {{ quiet?: boolean, env?: Record<string, string>, cwd?: string, onOutput?: (text: string) => void }} [options] quiet: collect output instead of showing it; onOutput: gets what is collected as it comes
 * @returns {Promise<{ code: number, output: string }>}
 */
export function run(command, args, { quiet = false, env = {}, cwd = root, onOutput = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      // process.env as it is now: what a script has set since is meant for its children.
      env: { ...toolEnv, ...process.env, ...env },
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    });
    const chunks = [];
    const collect = (chunk) => {
      chunks.push(chunk);
      onOutput(chunk.toString('utf8'));
    };
    child.stdout?.on('data', collect);
    child.stderr?.on('data', collect);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const output = Buffer.concat(chunks).toString('utf8');
      resolve({ code: code ?? 1, output: signal === null ? output : `${output}\nended by ${signal}` });
    });
  });
}

/** Runs a command that must succeed; its output is shown only when it doesn't. */
export async function must(command, args, options = {}) {
  const { code, output } = await run(command, args, { quiet: true, ...options });
  if (code !== 0) {
    process.stderr.write(output);
    throw new Error(`${command} ${args.join(' ')} failed with exit code ${code}`);
  }
  return output;
}
