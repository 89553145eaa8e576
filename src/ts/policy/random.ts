/**
 * Seeded random numbers: xoshiro128** (Blackman and Vigna, ACM TOMS 47, 2021), its state filled by
 * SplitMix32. Nothing but integer steps, products and square roots, so that every engine draws the same.
 */
export class SeededRandom {
  readonly #state = new Int32Array(4);

  constructor(seed: number) {
    let state = seed | 0;
    for (let k = 0; k < 4; k++) {
      state = (state + 0x9e3779b9) | 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      this.#state[k] = z ^ (z >>> 16);
    }
  }

  /** 32 random bits, unsigned. */
  bits(): number {
    const s = this.#state;
    const scrambled = Math.imul(s[1]!, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9);
    const shifted = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= shifted;
    s[3] = (s[3]! << 11) | (s[3]! >>> 21);
    return result >>> 0;
  }

  /** Uniform in [0, 1), of 53 bits. */
  uniform(): number {
    return ((this.bits() >>> 5) * 2 ** 26 + (this.bits() >>> 6)) / 2 ** 53;
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** An integer from low to high, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor((high - low + 1) * this.uniform());
  }

  /** From 2^low to 2^high, as likely to lie in one octave as in another. */
  octaves(low: number, high: number): number {
    let value = 1 + this.uniform();
    const octave = this.integer(low, high - 1);
    for (let k = 0; k < octave; k++) value *= 2;
    for (let k = 0; k > octave; k--) value /= 2;
    return value;
  }

  /** Whether an event of this probability happens. */
  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  choice<T>(list: readonly T[]): T {
    return list[this.integer(0, list.length - 1)]!;
  }

  /** Numbers uniform in [−1, 1). */
  vector(length: number): Float64Array {
    return Float64Array.from({ length }, () => this.between(-1, 1));
  }

  /** The numbers 0 … length − 1 in random order. */
  permutation(length: number): Int32Array {
    const order = Int32Array.from({ length }, (_, k) => k);
    for (let k = length - 1; k > 0; k--) {
      const other = this.integer(0, k);
      [order[k], order[other]] = [order[other]!, order[k]!];
    }
    return order;
  }
}
