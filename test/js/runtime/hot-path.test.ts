// Repeated solves with a kept right-hand side and a kept output: no memory, and little time.
import { loadEngine } from 'lacuna';
import { expect, it } from 'vitest';
import { bits } from '../support/compare.js';
import { poisson2d } from '../support/generate.js';
import { runs } from '../support/prove.js';

it.each(['cholesky', 'lu', 'cg'] as const)('10⁵ solves by %s allocate no linear memory', async (method) => {
  using engine = await loadEngine();
  const A = poisson2d(3);
  using solver = await engine.createSolver(A, { method });
  const rhs = solver.rhs(new Float64Array(A.rows).fill(1));
  const out = new Float64Array(A.rows);
  const expected = bits(solver.solve(rhs, { out }).x);
  const before = engine.stats();
  const held = engine.core().HEAPF64;
  const started = performance.now();
  for (let k = 0; k < runs(100_000); k++) solver.solve(rhs, { out });
  const each = (performance.now() - started) / runs(100_000);
  expect(engine.stats()).toEqual(before);
  expect(engine.core().HEAPF64).toBe(held);
  expect(bits(out)).toBe(expected);
  // A tenth of this on an idle machine; an Embind call per number would be far past it.
  expect(each).toBeLessThan(0.1);
});
