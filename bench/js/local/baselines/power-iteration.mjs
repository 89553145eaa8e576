// PageRank by power iteration over typed arrays, as fast as JavaScript makes it: arcs grouped by their
// target, so that each rank is summed up in two registers, whose loads overlap, and written once.

/**
 * `outDegree` positive everywhere. Stops when the L1 error is below `accuracy`, which the distance of
 * two iterates times (1 − teleport)/teleport bounds. {ranks, iterations}.
 */
export function powerIteration({ n, indptr, indices }, outDegree, teleport, accuracy) {
  const follow = 1 - teleport;
  const base = teleport / n;
  const weight = new Float64Array(n);
  const ranks = new Float64Array(n).fill(1 / n);
  let share = new Float64Array(n);
  let next = new Float64Array(n);
  for (let v = 0; v < n; v++) {
    weight[v] = follow / outDegree[v];
    share[v] = ranks[v] * weight[v];
  }
  const limit = (accuracy * teleport) / follow;
  let iterations = 0;
  for (let distance = 1; distance > limit && iterations < 1000; iterations++) {
    distance = sweep(n, indptr, indices, base, share, weight, ranks, next);
    [share, next] = [next, share];
  }
  return { ranks, iterations };
}

function sweep(n, indptr, indices, base, share, weight, ranks, next) {
  let distance = 0;
  let k = 0;
  for (let v = 0; v < n; v++) {
    let even = base;
    let odd = 0;
    const end = indptr[v + 1];
    for (; k + 1 < end; k += 2) {
      even += share[indices[k]];
      odd += share[indices[k + 1]];
    }
    if (k < end) even += share[indices[k++]];
    const sum = even + odd;
    distance += Math.abs(sum - ranks[v]);
    ranks[v] = sum;
    next[v] = sum * weight[v];
  }
  return distance;
}

/** The same for teleports to one vertex: personalised PageRank, to check local answers by. */
export function personalizedByIteration({ n, indptr, indices }, outDegree, source, teleport, accuracy) {
  const follow = 1 - teleport;
  const share = new Float64Array(n);
  const ranks = new Float64Array(n);
  ranks[source] = 1;
  for (let left = 1; left > accuracy; left *= follow) {
    for (let v = 0; v < n; v++) share[v] = (follow * ranks[v]) / outDegree[v];
    for (let v = 0; v < n; v++) {
      let sum = v === source ? teleport : 0;
      for (let k = indptr[v]; k < indptr[v + 1]; k++) sum += share[indices[k]];
      ranks[v] = sum;
    }
  }
  return ranks;
}
