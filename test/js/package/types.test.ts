import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { root, runProgram } from './support/process.js';

const consumer = inject('consumer');

const IMPORTS = `import { createSolver, solve, loadEngine, SparseMatrix, LacunaError, type LoadOptions } from 'lacuna';`;

const PROGRAM = `
const options: LoadOptions = { variant: 'auto', memoryLimit: 2 ** 28 };
export async function main(): Promise<Float64Array> {
  const engine = await loadEngine(options);
  const A: SparseMatrix = SparseMatrix.fromTriplets(2, 2, [0, 1], [0, 1], new Float64Array([2, 4]));
  using solver = await createSolver(A, { method: 'cholesky', engine });
  const converged: boolean = solver.solve([1, 1]).report.converged;
  const again = await solve(A, [1, 1], { method: 'auto', rtol: 1e-8 });
  // @ts-expect-error: not a method
  await createSolver(A, { method: 'magic' }).catch((error: unknown) => error instanceof LacunaError);
  return converged ? again.x : new Float64Array(2);
}
`;

/** Type-checks one program in the consumer's folder and returns the compiler's complaints. */
async function check(name: string, file: string, source: string, compilerOptions: object): Promise<string> {
  const folder = join(consumer, 'types', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), source);
  const config = {
    compilerOptions: {
      strict: true,
      noEmit: true,
      target: 'ES2022',
      lib: ['ES2022', 'ESNext.Disposable', 'DOM'],
      types: [],
      // Checks our declarations too, but not TypeScript's own.
      skipLibCheck: false,
      skipDefaultLibCheck: true,
      exactOptionalPropertyTypes: true,
      ...compilerOptions,
    },
    files: [file],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = await runProgram(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { cwd: folder });
  return stdout;
}

test.each([
  { name: 'node16-esm', file: 'main.mts', options: { module: 'Node16', moduleResolution: 'Node16' } },
  { name: 'node16-cjs', file: 'main.cts', options: { module: 'Node16', moduleResolution: 'Node16' } },
  { name: 'nodenext', file: 'main.mts', options: { module: 'NodeNext', moduleResolution: 'NodeNext' } },
  { name: 'bundler', file: 'main.ts', options: { module: 'ESNext', moduleResolution: 'Bundler' } },
  {
    name: 'bundler-workerd',
    file: 'main.ts',
    options: { module: 'ESNext', moduleResolution: 'Bundler', customConditions: ['workerd', 'worker', 'browser'] },
  },
])('a program with using compiles: $name', async ({ name, file, options }) => {
  expect(await check(name, file, IMPORTS + PROGRAM, options)).toBe('');
});

test('the declarations stand without the disposable library', async () => {
  const source = `${IMPORTS}
    export const solver = createSolver(SparseMatrix.identity(2)).then((s) => { s.dispose(); return [solve, loadEngine, LacunaError]; });
    export const options: LoadOptions = {};`;
  expect(await check('old-lib', 'main.mts', source, { module: 'NodeNext', moduleResolution: 'NodeNext', lib: ['ES2022', 'DOM'] })).toBe('');
});

test('the declarations stand with Node types and no DOM', async () => {
  const options = { lib: ['ES2022'], types: ['node'], typeRoots: [join(root, 'node_modules/@types')] };
  expect(await check('no-dom', 'main.mts', IMPORTS + PROGRAM, { module: 'NodeNext', moduleResolution: 'NodeNext', ...options })).toBe('');
});

test('the checks would notice an error', async () => {
  const complaints = await check('wrong', 'main.mts', `import { nothing } from 'lacuna'; export default nothing;`, {
    module: 'NodeNext',
    moduleResolution: 'NodeNext',
  });
  expect(complaints).toContain('TS2305');
});
