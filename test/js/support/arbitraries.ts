import fc from 'fast-check';
import { SparseMatrix } from 'lacuna';

export type Triplet = [row: number, column: number, value: number];

export interface TripletList {
  readonly rows: number;
  readonly cols: number;
  readonly triplets: Triplet[];
}

/** Any finite float64, −0, subnormals and the largest included. */
export const anyFinite = fc.double({ noNaN: true, noDefaultInfinity: true });

/** Small integers, whose sums are exact in any order. */
export const smallInteger = fc.integer({ min: -1000, max: 1000 });

/** Triplets of a matrix of up to 9 × 9, duplicates likely. */
export function tripletLists(value: fc.Arbitrary<number> = smallInteger): fc.Arbitrary<TripletList> {
  return fc.record({ rows: fc.integer({ min: 1, max: 9 }), cols: fc.integer({ min: 1, max: 9 }) }).chain(({ rows, cols }) =>
    fc.record({
      rows: fc.constant(rows),
      cols: fc.constant(cols),
      triplets: fc.array(fc.tuple(fc.nat(rows - 1), fc.nat(cols - 1), value), { maxLength: 60 }),
    }),
  );
}

/** Matrices of up to 9 × 9 with any finite values, explicit zeros among them. */
export const matrices: fc.Arbitrary<SparseMatrix> = tripletLists(anyFinite).map(({ rows, cols, triplets }) =>
  build({ rows, cols, triplets: unique(triplets) }),
);

/** Symmetric (sign 1) or skew-symmetric (sign −1) matrices of up to 9 × 9. */
export function symmetricMatrices(sign: 1 | -1): fc.Arbitrary<SparseMatrix> {
  return tripletLists(anyFinite.filter((value) => !Object.is(value, -0))).map(({ rows, triplets }) => {
    const lower = triplets.filter(([i, j]) => i < rows && (sign === 1 ? j <= i : j < i));
    const upper = unique(lower).flatMap(([i, j, value]): Triplet[] => (i === j ? [] : [[j, i, sign === 1 ? value : 0 - value]]));
    return build({ rows, cols: rows, triplets: [...unique(lower), ...upper] });
  });
}

/** The matrix of a list of triplets. */
export function build({ rows, cols, triplets }: TripletList): SparseMatrix {
  return SparseMatrix.fromTriplets(
    rows,
    cols,
    triplets.map(([i]) => i),
    triplets.map(([, j]) => j),
    triplets.map(([, , value]) => value),
  );
}

/** The first triplet at each place. */
function unique(triplets: readonly Triplet[]): Triplet[] {
  const seen = new Set<string>();
  return triplets.filter(([i, j]) => !seen.has(`${i},${j}`) && seen.add(`${i},${j}`) !== undefined);
}
