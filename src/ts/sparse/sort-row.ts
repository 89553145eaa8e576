/** Below this length insertion sort is faster than merging. */
const SHORT = 24;

/**
 * Sorts stretches of (index, value) pairs by index. Stable, so that duplicates keep the order of the input and
 * their sum does not depend on the method; O(k log k) for a stretch of k, O(k) where it is nearly sorted.
 */
export class RowSorter {
  // Grown to the longest row met; most matrices never need it.
  #indices = new Int32Array(0);
  #values = new Float64Array(0);

  sort(indices: Int32Array, values: Float64Array, start: number, end: number): void {
    for (let low = start; low < end; low += SHORT) insertionSort(indices, values, low, Math.min(low + SHORT, end));
    const length = end - start;
    if (length <= SHORT) return;
    if (this.#indices.length < length) {
      this.#indices = new Int32Array(length);
      this.#values = new Float64Array(length);
    }
    for (let width = SHORT; width < length; width *= 2) {
      for (let low = start; low + width < end; low += 2 * width) {
        this.#merge(indices, values, low, low + width, Math.min(low + 2 * width, end));
      }
    }
  }

  #merge(indices: Int32Array, values: Float64Array, low: number, middle: number, high: number): void {
    if (indices[middle - 1]! <= indices[middle]!) return;
    const leftIndices = this.#indices;
    const leftValues = this.#values;
    const count = middle - low;
    for (let k = 0; k < count; k++) {
      leftIndices[k] = indices[low + k]!;
      leftValues[k] = values[low + k]!;
    }
    let left = 0;
    let right = middle;
    let slot = low;
    while (left < count && right < high) {
      if (leftIndices[left]! <= indices[right]!) {
        indices[slot] = leftIndices[left]!;
        values[slot++] = leftValues[left++]!;
      } else {
        indices[slot] = indices[right]!;
        values[slot++] = values[right++]!;
      }
    }
    while (left < count) {
      indices[slot] = leftIndices[left]!;
      values[slot++] = leftValues[left++]!;
    }
  }
}

function insertionSort(indices: Int32Array, values: Float64Array, start: number, end: number): void {
  for (let k = start + 1; k < end; k++) {
    const index = indices[k]!;
    const value = values[k]!;
    let slot = k;
    while (slot > start && indices[slot - 1]! > index) {
      indices[slot] = indices[slot - 1]!;
      values[slot] = values[slot - 1]!;
      slot--;
    }
    indices[slot] = index;
    values[slot] = value;
  }
}
