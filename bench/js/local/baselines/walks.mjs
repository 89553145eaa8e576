// Random walks for one entry of A⁻¹b in JavaScript, one by one and 32 at a time; the same in C++ is in
// bench/cpp/local/rates.cpp. For rows with eight entries off the diagonal whose magnitudes sum up to 4,
// 15/16 of the diagonal: a walk ends with probability 1/16 at each vertex, after 15 steps in the mean,
// and takes b there and the signs of its path. The entry is 1/(diagonal − 4) times what that expects.

export const CONTRACTION = 15 / 16;
/** 1/(diagonal − 4). */
export const SCALE = 15 / 4;
const WIDTH = 8;
const CERTAIN = 1 << 24;

/** b of the walks: ±1 by a hash. */
export const signAt = (v) => ((Math.imul(v ^ (v >>> 16), 0x21f0aaad) & 0x8000) !== 0 ? 1 : -1);

/**
 * Alias tables (Walker 1977; Vose 1991), three words a slot: with probability word 0 over 2²⁴ the walk
 * goes to word 1, else to word 2; the lowest bit of those says whether the sign changes.
 */
export function aliasTables({ rows, indptr, indices, data }) {
  const slots = new Int32Array(3 * WIDTH * rows);
  const scaled = new Float64Array(WIDTH);
  const goal = new Int32Array(WIDTH);
  const small = new Int32Array(WIDTH);
  const large = new Int32Array(WIDTH);
  for (let i = 0; i < rows; i++) {
    let count = 0;
    let sum = 0;
    for (let k = indptr[i]; k < indptr[i + 1]; k++) {
      if (indices[k] === i) continue;
      goal[count] = 2 * indices[k] + (data[k] > 0 ? 1 : 0);
      scaled[count++] = Math.abs(data[k]);
      sum += Math.abs(data[k]);
    }
    let smalls = 0;
    let larges = 0;
    for (let k = 0; k < WIDTH; k++) {
      scaled[k] *= WIDTH / sum;
      if (scaled[k] < 1) small[smalls++] = k;
      else large[larges++] = k;
    }
    const put = (slot, keep, other) => {
      const at = 3 * (WIDTH * i + slot);
      slots[at] = keep;
      slots[at + 1] = goal[slot];
      slots[at + 2] = goal[other];
    };
    while (smalls > 0 && larges > 0) {
      const s = small[--smalls];
      const l = large[larges - 1];
      put(s, Math.floor(scaled[s] * CERTAIN + 0.5), l);
      scaled[l] -= 1 - scaled[s];
      if (scaled[l] < 1) small[smalls++] = large[--larges];
    }
    while (larges > 0) put(large[--larges], CERTAIN, large[larges]);
    while (smalls > 0) put(small[--smalls], CERTAIN, small[smalls]);
  }
  return slots;
}

/** {mean, steps}. */
export function oneByOne(slots, start, walks, seed) {
  let state = seed | 0;
  let sum = 0;
  let steps = 0;
  for (let w = 0; w < walks; w++) {
    let v = start;
    let negative = 0;
    for (;;) {
      state = (state + 0x9e3779b9) | 0;
      let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      z ^= z >>> 15;
      if (z >>> 28 === 0) break;
      const at = 3 * (WIDTH * v + ((z >>> 24) & 7));
      const goal = slots[at + (((z & (CERTAIN - 1)) - slots[at]) >>> 31 ^ 1) + 1];
      negative ^= goal & 1;
      v = goal >>> 1;
      steps++;
    }
    sum += negative !== 0 ? -signAt(v) : signAt(v);
  }
  return { mean: (sum / walks) * SCALE, steps };
}

/** The same, 32 walks in turn: their cache misses overlap, as none of them waits for another's. */
export function interleaved(slots, start, walks, seed) {
  const LANES = 32;
  const place = new Int32Array(LANES).fill(start);
  const sign = new Int32Array(LANES);
  let state = seed | 0;
  let sum = 0;
  let steps = 0;
  let started = LANES;
  let active = LANES;
  while (active > 0) {
    for (let lane = 0; lane < active; lane++) {
      state = (state + 0x9e3779b9) | 0;
      let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      z ^= z >>> 15;
      const v = place[lane];
      if (z >>> 28 === 0) {
        sum += sign[lane] !== 0 ? -signAt(v) : signAt(v);
        if (started < walks) {
          started++;
          place[lane] = start;
          sign[lane] = 0;
        } else {
          active--;
          place[lane] = place[active];
          sign[lane] = sign[active];
          lane--;
        }
        continue;
      }
      const at = 3 * (WIDTH * v + ((z >>> 24) & 7));
      const goal = slots[at + (((z & (CERTAIN - 1)) - slots[at]) >>> 31 ^ 1) + 1];
      sign[lane] ^= goal & 1;
      place[lane] = goal >>> 1;
      steps++;
    }
  }
  return { mean: (sum / walks) * SCALE, steps };
}
