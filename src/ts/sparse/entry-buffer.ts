import { LacunaError } from '../errors.js';
import { MAX_SIZE, reserve } from './validate.js';

/** Few enough to cost nothing for a small matrix, so that a false size line cannot make us allocate gigabytes. */
const FIRST_CAPACITY = 4096;

/** Triplets that arrive one by one, in three typed arrays that double as they fill. */
export class EntryBuffer {
  #rows = new Int32Array(FIRST_CAPACITY);
  #cols = new Int32Array(FIRST_CAPACITY);
  #values = new Float64Array(FIRST_CAPACITY);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  append(row: number, column: number, value: number): void {
    const slot = this.#count;
    if (slot === this.#rows.length) this.#grow();
    this.#rows[slot] = row;
    this.#cols[slot] = column;
    this.#values[slot] = value;
    this.#count = slot + 1;
  }

  /** Views of what has been stored so far; valid until the next `append`. */
  get rows(): Int32Array {
    return this.#rows.subarray(0, this.#count);
  }

  get cols(): Int32Array {
    return this.#cols.subarray(0, this.#count);
  }

  get values(): Float64Array {
    return this.#values.subarray(0, this.#count);
  }

  #grow(): void {
    if (this.#count === MAX_SIZE) throw new LacunaError('too-large', `more than ${MAX_SIZE} entries`);
    const capacity = Math.min(2 * this.#count, MAX_SIZE);
    reserve(() => {
      const rows = new Int32Array(capacity);
      const cols = new Int32Array(capacity);
      const values = new Float64Array(capacity);
      rows.set(this.#rows);
      cols.set(this.#cols);
      values.set(this.#values);
      this.#rows = rows;
      this.#cols = cols;
      this.#values = values;
    });
  }
}
