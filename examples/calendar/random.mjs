/** Numbers that a seed determines, the same everywhere: mulberry32 by T. Ettinger, 32-bit integers. */
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). */
  unit() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer, both ends included. */
  between(least, most) {
    return least + Math.floor(this.unit() * (most - least + 1));
  }

  chance(p) {
    return this.unit() < p;
  }
}
