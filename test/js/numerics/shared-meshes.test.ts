// Laplacians of the meshes in ../shared/meshes with every method that can take their size.
import type { SparseMatrix } from 'lacuna';
import { describe, expect, it } from 'vitest';
import { bits, expectTrueCertificate, figures, relativeError } from '../support/compare.js';
import { bothEngines, solveOnce } from '../support/engines.js';
import { cotangentLaplacian, type Mesh, meshLaplacian, readObj } from '../support/mesh.js';
import { Random } from '../support/random.js';
import { residual } from '../support/residual.js';
import { describeShared, readMeshFile } from '../support/shared.js';
import { isDirect, named, WAYS } from '../support/systems.js';

const engines = bothEngines();

const LAPLACIANS: Record<string, (mesh: Mesh) => SparseMatrix> = {
  'graph Laplacian': (mesh) => meshLaplacian(mesh, 1e-2),
  'cotangent Laplacian': (mesh) => cotangentLaplacian(mesh, 1e-2),
};

// QR is left out: thousands of columns of a mesh fill in, which takes minutes.
const ways = WAYS.filter(({ method, kinds }) => method !== 'qr' && kinds.includes('spd'));

describeShared('meshes of ../shared', (folder) => {
  describe.each(['spot.obj', 'stanford-bunny.obj'])('%s', (file) => {
    let mesh: Mesh | undefined;

    describe.each(Object.entries(LAPLACIANS))('%s', (_, build) => {
      let A: SparseMatrix | undefined;

      it.each(ways.map((way) => ({ ...way, name: named(way) })))('$name', async (way) => {
        const { method, preconditioner } = way;
        mesh ??= readObj(readMeshFile(folder, file));
        A ??= build(mesh);
        const solution = new Random(1).vector(A.rows);
        const b = A.multiply(solution);
        const { x, report } = await solveOnce(engines.simd, A, b, { method, preconditioner });
        expect([report.method, report.preconditioner, report.converged]).toEqual([method, preconditioner, true]);
        expectTrueCertificate(A, x, b, report);
        const truth = residual(A, x, b);
        expect(truth.relative).toBeLessThanOrEqual(1e-10 * (1 + 1e-9));
        if (isDirect(way)) expect(truth.normwise).toBeLessThan(1e-14);
        // The shift bounds the smallest eigenvalue, so ‖x − x*‖ ≤ ‖r‖/1e-2.
        expect(relativeError(x, solution)).toBeLessThan(isDirect(way) ? 1e-10 : 1e-4);
      });
    });
  });

  it("'auto' takes Cholesky, and both builds agree to the last bit", async () => {
    const A = meshLaplacian(readObj(readMeshFile(folder, 'stanford-bunny.obj')), 1e-2);
    const b = new Float64Array(A.rows);
    b[0] = 1;
    const simd = await solveOnce(engines.simd, A, b);
    const scalar = await solveOnce(engines.scalar, A, b);
    expect([simd.report.method, simd.report.converged]).toEqual(['cholesky', true]);
    expect(bits(scalar.x)).toBe(bits(simd.x));
    expect(figures(scalar.report)).toEqual(figures(simd.report));
  });
});
