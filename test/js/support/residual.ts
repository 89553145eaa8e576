import type { SparseMatrix } from 'lacuna';

/** How well x solves A·x = b, computed apart from the library in about twice the precision of float64. */
export interface Residual {
  /** b − A·x, correctly rounded but for the last bits. */
  readonly vector: Float64Array;
  /** ‖b − A·x‖₂. */
  readonly norm: number;
  /** ‖b − A·x‖₂ / ‖b‖₂; 0 where both are 0. */
  readonly relative: number;
  /** ‖r‖∞ / (‖A‖∞·‖x‖∞ + ‖b‖∞). */
  readonly normwise: number;
  /** max |rᵢ| / (|A|·|x| + |b|)ᵢ, a zero row counting 0. */
  readonly componentwise: number;
  /** |A|·|x| + |b|, what rounding errors of the residual are proportional to. */
  readonly weight: Float64Array;
}

/** The residual of A·x = b, or of Aᵀ·x = b. */
export function residual(
  matrix: SparseMatrix,
  x: ArrayLike<number>,
  b: ArrayLike<number>,
  { transpose = false }: { transpose?: boolean } = {},
): Residual {
  const { rows, cols, indptr, indices, data } = matrix.toCsr();
  const length = transpose ? cols : rows;
  const high = Float64Array.from(b);
  const low = new Float64Array(length);
  const weight = Float64Array.from(b, Math.abs);
  const rowSum = new Float64Array(length);
  for (let i = 0; i < rows; i++) {
    for (let k = indptr[i]!; k < indptr[i + 1]!; k++) {
      const target = transpose ? indices[k]! : i;
      const factor = x[transpose ? i : indices[k]!]!;
      const product = -data[k]! * factor;
      const sum = high[target]! + product;
      const rest = sum - high[target]!;
      // Errors of the sum (Knuth) and of the product (Dekker), both exact.
      low[target]! += high[target]! - (sum - rest) + (product - rest) + productError(-data[k]!, factor, product);
      high[target] = sum;
      weight[target]! += Math.abs(product);
      rowSum[target]! += Math.abs(data[k]!);
    }
  }
  const vector = high.map((value, i) => value + low[i]!);
  const norm = norm2(vector);
  const size = normMax(rowSum) * normMax(x) + normMax(b);
  return {
    vector,
    norm,
    relative: norm === 0 ? 0 : norm / norm2(b),
    normwise: norm === 0 ? 0 : normMax(vector) / size,
    componentwise: vector.reduce((worst, value, i) => (value === 0 ? worst : Math.max(worst, Math.abs(value) / weight[i]!)), 0),
    weight,
  };
}

/** Euclidean norm without overflow. */
export function norm2(vector: ArrayLike<number>): number {
  const scale = normMax(vector);
  if (scale === 0 || !Number.isFinite(scale)) return scale;
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += (vector[i]! / scale) ** 2;
  return scale * Math.sqrt(sum);
}

/** Largest absolute value. */
export function normMax(vector: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < vector.length; i++) largest = Math.max(largest, Math.abs(vector[i]!));
  return largest;
}

function productError(a: number, b: number, product: number): number {
  const [aHigh, aLow] = split(a);
  const [bHigh, bLow] = split(b);
  const error = aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow;
  // Numbers near the ends of the range cannot be split; without the correction the sum is still good.
  return Number.isFinite(error) ? error : 0;
}

function split(value: number): [high: number, low: number] {
  const scaled = 134217729 * value;
  const high = scaled - (scaled - value);
  return [high, value - high];
}
