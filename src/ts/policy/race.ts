import type { Solver } from '../solver.js';

/** Milliseconds of a turn of the first plan; the second gets half as much: a third of the time. */
const SLICE = 8;

/** A plan that is set up and tried on a right-hand side of the policy's making. */
export interface Contender {
  readonly solver: Solver;
  /** Of both together, the time that this one gets. */
  readonly share: 1 | 0.5;
}

/**
 * Runs two plans side by side, in turns of the event loop, until one has a certified answer; the other
 * is stopped. Neither may be set up yet, and both must be such as can be cut. Returns the winner;
 * undefined where none came to a certificate, or `signal` stopped both.
 */
export async function race(contenders: readonly [Contender, Contender], signal: AbortSignal | undefined): Promise<Contender | undefined> {
  const stops = contenders.map(() => new AbortController());
  const stopAll = () => stops.forEach((stop) => stop.abort());
  signal?.addEventListener('abort', stopAll);
  if (signal?.aborted) stopAll();
  let winner: Contender | undefined;
  try {
    await Promise.all(
      contenders.map(async (one, k) => {
        const b = probe(one.solver.rows);
        try {
          const { report } = await one.solver.solveAsync(b, { slice: SLICE * one.share, signal: stops[k]!.signal });
          if (!report.converged || winner !== undefined) return;
        } catch {
          // A plan that fails, or is stopped in its set-up, has lost; its solver stays as it was.
          return;
        }
        winner = one;
        stops[1 - k]!.abort();
      }),
    );
  } finally {
    signal?.removeEventListener('abort', stopAll);
  }
  return winner;
}

/** A right-hand side with all kinds of parts, the same every time: xorshift32 (Marsaglia, JSS 8, 2003). */
function probe(length: number): Float64Array {
  let state = 0x9e3779b9;
  return Float64Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state / 2 ** 31;
  });
}
