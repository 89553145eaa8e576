// Weights of at least 0 that predict values from columns, by least squares of the relative error.

export function fit(rows, values) {
  const scaled = rows.map((row, k) => row.map((entry) => entry / values[k]));
  const width = rows[0].length;
  const norms = Array.from({ length: width }, (_, j) => Math.sqrt(sum(scaled, (row) => row[j] ** 2)) || 1);
  const gram = norms.map((p, i) => norms.map((q, j) => sum(scaled, (row) => row[i] * row[j]) / p / q));
  const target = norms.map((norm, j) => sum(scaled, (row) => row[j]) / norm);
  const weights = new Float64Array(width);
  // Coordinate descent; the columns are few, and norms 1.
  for (let pass = 0; pass < 5000; pass++) {
    for (let j = 0; j < width; j++) {
      const slope = target[j] - gram[j].reduce((total, g, k) => total + g * weights[k], 0);
      if (gram[j][j] > 0) weights[j] = Math.max(0, weights[j] + slope / gram[j][j]);
    }
  }
  return Array.from(weights, (weight, j) => weight / norms[j]);
}

function sum(rows, of) {
  return rows.reduce((total, row) => total + of(row), 0);
}
