import type { SeededRandom } from '../random.js';
import type { SparseMatrix } from '../../shared.js';
import type { PolicySystem } from '../training.js';

/** A kind of systems, of which as many can be drawn as are wanted. */
export interface Family {
  readonly name: string;
  /**
   * A system of this kind; the same from the same state of `random`, on every platform. Difficulty 0 is
   * about a hundred unknowns, 1 a few thousand: what the dearest plan still solves in a second or two.
   */
  sample(random: SeededRandom, difficulty?: number): PolicySystem;
}

/** A family whose matrices are made by `matrix`; half of its right-hand sides are random, half rise evenly. */
export function family(name: string, matrix: (random: SeededRandom, difficulty: number) => SparseMatrix): Family {
  return {
    name,
    sample(random, difficulty = random.uniform()) {
      const A = matrix(random, difficulty);
      const b = random.chance(0.5) ? random.vector(A.rows) : Float64Array.from({ length: A.rows }, (_, i) => 1 + i / A.rows);
      return { A, b };
    },
  };
}

/**
 * A size between two: the square of the difficulty in between, so that small ones are no rarer than
 * they are in use.
 */
export function sizeBetween(low: number, high: number, difficulty: number): number {
  return Math.round(low + (high - low) * difficulty * difficulty);
}
