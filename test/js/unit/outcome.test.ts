import { type Engine, loadEngine, SparseMatrix } from 'lacuna';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grid2d } from '../../../src/ts/policy/families/grids.js';
import { Oracle } from '../../../src/ts/policy/oracle.js';
import { type MakeSolver, outcomeOf, planOutcome } from '../../../src/ts/policy/outcome.js';
import { SeededRandom } from '../../../src/ts/policy/random.js';

const wasm = (name: string) => new URL(`../../../dist/${name}.wasm`, import.meta.url);
const engines: Engine[] = [];
const [scalar, simd] = (['core', 'core-simd'] as const).map((_, k): MakeSolver => (A, options) => engines[k]!.createSolver(A, options)) as [MakeSolver, MakeSolver];

beforeAll(async () => {
  engines.push(await loadEngine({ variant: 'scalar', wasmUrl: wasm('core') }), await loadEngine({ variant: 'simd', wasmUrl: wasm('core-simd') }));
});

afterAll(() => {
  for (const engine of engines) {
    expect(engine.stats().liveHandles).toBe(0);
    engine.dispose();
  }
});

const system = (A: SparseMatrix) => ({ A, b: new SeededRandom(1).vector(A.rows) });

describe('outcomes', () => {
  it('are the same in every variant', async () => {
    const grid = grid2d.sample(new SeededRandom(3), 0.5);
    for (const options of [{}, { method: 'cg', preconditioner: 'ic' }, { method: 'bicgstab', preconditioner: 'ilut' }, { method: 'qr' }] as const) {
      const outcome = await outcomeOf(simd, grid, options);
      expect(outcome).toEqual(await outcomeOf(scalar, grid, options));
      expect(outcome!.certified).toBe(true);
    }
  });

  it('are undefined where a plan does not fit', async () => {
    const unsymmetric = system(SparseMatrix.fromDense([[2, 1], [0, 3]]));
    expect(await outcomeOf(simd, unsymmetric, { method: 'cholesky' })).toBeUndefined();
    expect(await outcomeOf(simd, unsymmetric, { method: 'lu', preconditioner: 'ilut' })).toBeUndefined();
  });

  it('cost what was tried where a plan fails', async () => {
    const indefinite = system(SparseMatrix.fromDense([[1, 2], [2, 1]]));
    const outcome = await outcomeOf(simd, indefinite, { method: 'cholesky' });
    expect(outcome).toMatchObject({ certified: false, attempts: [{ method: 'cholesky', outcome: 'indefinite-matrix' }] });
    expect(outcome!.work).toBeGreaterThan(0);
  });

  it('are cut off at a limit of work', async () => {
    const grid = grid2d.sample(new SeededRandom(3), 1);
    const iteration = { method: 'cg', preconditioner: 'none', ordering: 'auto' } as const;
    const whole = await planOutcome(simd, grid, iteration, Infinity);
    expect(whole).toMatchObject({ certified: true, cut: false });
    const cut = await planOutcome(simd, grid, iteration, whole!.work / 2);
    expect(cut).toMatchObject({ certified: false, cut: true });
    expect(cut!.work).toBeLessThan(0.55 * whole!.work);
    expect(cut!.work).toBeGreaterThan(0.3 * whole!.work);

    const factorization = { method: 'cholesky', preconditioner: 'none', ordering: 'natural' } as const;
    const factored = await planOutcome(simd, grid, factorization, Infinity);
    expect(await planOutcome(simd, grid, factorization, 10 * factored!.work)).toEqual(factored);
    expect(await planOutcome(simd, grid, factorization, factored!.work / 4)).toMatchObject({ certified: false, cut: true, work: factored!.work / 4 });
  });

  it('are passed on where they are no outcomes', async () => {
    const broken: MakeSolver = () => Promise.reject(new RangeError('no such thing'));
    await expect(outcomeOf(broken, system(SparseMatrix.identity(2)), {})).rejects.toThrow('no such thing');
  });
});

describe('the oracle', () => {
  const plans = [
    { name: 'cg+none', method: 'cg', preconditioner: 'none', ordering: 'auto' },
    { name: 'cholesky', method: 'cholesky', preconditioner: 'none', ordering: 'auto' },
    { name: 'ldlt:amd', method: 'ldlt', preconditioner: 'none', ordering: 'amd' },
    { name: 'lu', method: 'lu', preconditioner: 'none', ordering: 'auto' },
  ] as const;

  it('knows the cheapest of all plans, and runs each once', async () => {
    let made = 0;
    const counting: MakeSolver = (A, options) => (made++, simd(A, options));
    const oracle = new Oracle(counting, plans);
    const grid = grid2d.sample(new SeededRandom(5), 0.6);
    const best = await oracle.best(grid);
    const works = await Promise.all(plans.map(async ({ name: _, ...options }) => (await outcomeOf(simd, grid, options))!.work));
    expect(best!.work).toBe(Math.min(...works));
    expect((await oracle.outcomes(grid)).map(({ arm }) => arm).sort()).toEqual(plans.map(({ name }) => name).sort());
    await oracle.best(grid);
    expect(made).toBe(plans.length);
  });

  it('takes no answer without a certificate, and leaves out what does not fit', async () => {
    const oracle = new Oracle(simd, plans);
    const wave = system(SparseMatrix.fromDense([[1, 2], [2, 1]]));
    const outcomes = await oracle.outcomes(wave);
    expect(outcomes.find(({ arm }) => arm === 'cholesky')).toMatchObject({ certified: false });
    expect((await oracle.best(wave))!.certified).toBe(true);
    const singular = system(SparseMatrix.fromDense([[1, 1], [1, 1]]));
    expect(await oracle.best({ ...singular, b: Float64Array.of(1, 0) })).toBeUndefined();
    const unsymmetric = system(SparseMatrix.fromDense([[2, 1], [0, 3]]));
    expect((await oracle.outcomes(unsymmetric)).map(({ arm }) => arm)).toEqual(['lu']);
  });
});
