/** How many samples to draw: twenty times as many with PROVE=1, as `npm run prove` sets. */
export function runs(usual: number): number {
  return process.env['PROVE'] === '1' ? 20 * usual : usual;
}

/** Settings of a fast-check property: one fixed seed, so that every run tests the same samples. */
export function sampled(usual: number): { seed: number; numRuns: number } {
  return { seed: 20_261_122, numRuns: runs(usual) };
}
