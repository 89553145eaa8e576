// Runs all contenders of one family against each other.
//
// Opening: each contender in turn is started, converts the system to its own form (not timed), and
// runs once. That first run is its cold time; its answer must pass the gate or it is out.
// Warm-up: further runs until 300 ms (quick: 120) or 20 runs are spent, for optimized code.
// Rounds: each contender once per round (a few times if it takes under 20 ms), in a freshly shuffled
// order. Every answer is checked. One that has used up its share of time sits out the other rounds.

import { shuffle, uniform } from '../lib/random.mjs';
import { check } from './check.mjs';
import { JsChild, NativeChild, TimeoutError } from './children.mjs';

const WARM_UP_RUNS = 20;
const ROUND = { ms: 20, runs: 5 };
/** For starting a process and converting the system: not part of any time, so generous. */
const OPEN_LIMIT = 60_000;

class Entry {
  samples = [];
  spent = 0;
  child;

  constructor(contender, problem) {
    this.contender = contender;
    this.problem = problem;
    this.result = { name: contender.name, kind: contender.kind, twin: contender.twin, status: 'ok' };
  }

  get alive() {
    return this.result.status === 'ok' && this.child !== undefined;
  }

  end(status, reason) {
    Object.assign(this.result, { status, reason });
    this.child?.kill();
    this.child = undefined;
  }

  /** One checked run; undefined once the contender is out. */
  async run(limit) {
    try {
      const { x, setup, solve, iterations, note, peakBytes } = await this.child.run(limit);
      const total = setup + solve;
      this.spent += total;
      const { passed, relativeResidual, forwardError } = check(this.problem, x);
      const worst = Math.max(this.result.relativeResidual ?? 0, relativeResidual);
      Object.assign(this.result, { relativeResidual: worst, forwardError, iterations, note, peakBytes });
      if (!passed) {
        this.end('wrong', `relative residual ${relativeResidual.toExponential(1)}${note ? ` (${note})` : ''}`);
        return undefined;
      }
      return { setup, solve, total };
    } catch (error) {
      this.end(error instanceof TimeoutError ? 'timeout' : 'error', error.message);
      return undefined;
    }
  }
}

async function open(entry, systemFile, { limit, share, warmUp }) {
  const reason = entry.contender.skip?.(entry.problem);
  if (reason) return entry.end('skipped', reason);
  entry.child = entry.contender.native ? new NativeChild() : new JsChild();
  try {
    await entry.child.open(entry.contender, systemFile, OPEN_LIMIT);
  } catch (error) {
    return entry.end('error', error.message);
  }
  entry.result.cold = await entry.run(limit);
  let [runs, started] = [0, entry.spent];
  while (entry.alive && runs < WARM_UP_RUNS && entry.spent - started < warmUp && entry.spent < share / 2) {
    await entry.run(limit);
    runs++;
  }
  entry.result.warmUpRuns = runs;
}

async function playRound(entry, round, { limit }) {
  for (let runs = 0, used = 0; runs < ROUND.runs && used < ROUND.ms && entry.alive; runs++) {
    const times = await entry.run(limit);
    if (times) {
      entry.samples.push({ round, ...times });
      used += times.total;
    }
  }
}

/** A contender too slow to be timed twice is judged by its cold run, and says so. */
function close(entry) {
  entry.child?.kill();
  const { result, samples } = entry;
  if (result.status === 'ok' && samples.length === 0) {
    samples.push({ round: 0, ...result.cold });
    result.coldOnly = true;
  }
  return { ...result, samples: result.status === 'ok' ? samples : [] };
}

/** Results of all contenders, in the order given. */
export async function compete(problem, systemFile, contenders, options, progress) {
  const entries = contenders.map((contender) => new Entry(contender, problem));
  const next = uniform(options.seed);
  try {
    for (const [index, entry] of entries.entries()) {
      progress(`${problem.title}: warm-up ${index + 1}/${entries.length} ${entry.contender.name}`);
      await open(entry, systemFile, options);
    }
    for (let round = 1; round <= options.rounds; round++) {
      for (const entry of shuffle([...entries], next)) {
        if (!entry.alive || entry.spent > options.share) continue;
        progress(`${problem.title}: round ${round}/${options.rounds} ${entry.contender.name}`);
        await playRound(entry, round, options);
      }
    }
  } finally {
    for (const entry of entries) entry.child?.kill();
  }
  return entries.map(close);
}
