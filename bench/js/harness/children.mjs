// Both kinds of child behind one face: open() once, run() as often as wanted, each within a time
// budget after which the child is killed. run() gives {setup, solve (ms), x, iterations, peakBytes}.

import { fork, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

export class TimeoutError extends Error {}

/** Native libraries must not use threads the others don't have. */
const ONE_THREAD = { OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' };

/** None may outlive the harness: one that is computing would not notice that its pipe is closed. */
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

class Child {
  /** Resolver of the answer awaited; null while the child is idle. */
  #waiting = null;

  /** The child's answer, or an error: its own, its exit, or the time limit in ms. */
  request(send, limit) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = null;
        this.kill();
        reject(new TimeoutError(`timeout > ${(limit / 1000).toFixed(limit < 9999 ? 1 : 0)} s`));
      }, limit);
      this.#waiting = { resolve, reject, timer };
      send();
    });
  }

  settle(answer) {
    const waiting = this.#waiting;
    if (!waiting) return;
    this.#waiting = null;
    clearTimeout(waiting.timer);
    if (answer.ok) waiting.resolve(answer);
    else waiting.reject(new Error(answer.error));
  }

  /** A process that can't start, dies or is dead already answers with an error. */
  watch(child) {
    running.add(child);
    child.on('error', (error) => this.settle({ ok: false, error: error.message }));
    child.on('exit', (code, signal) => {
      running.delete(child);
      this.settle({ ok: false, error: `process ended (${signal ?? code})` });
    });
  }
}

export class JsChild extends Child {
  #process;

  async open(contender, system, limit) {
    const file = new URL('./js-child.mjs', import.meta.url);
    this.#process = fork(file, {
      serialization: 'advanced',
      execArgv: ['--max-old-space-size=8192'], // the peers' plain arrays need it
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#process.on('message', (message) => this.settle(message));
    this.watch(this.#process);
    await this.request(() => this.#process.send({ type: 'open', contender: contender.name, system }), limit);
  }

  run(limit) {
    return this.request(() => this.#process.send({ type: 'run' }), limit);
  }

  kill() {
    this.#process?.kill('SIGKILL');
  }
}

export class NativeChild extends Child {
  #process;
  #output;

  async open(contender, system, limit) {
    this.#output = `${system}.${contender.name.replace(/\W+/g, '-')}.x`;
    this.#process = spawn(contender.program, [contender.solver, system, this.#output], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, ...ONE_THREAD },
    });
    createInterface(this.#process.stdout).on('line', (line) => this.settle(JSON.parse(line)));
    this.#process.stdin.on('error', (error) => this.settle({ ok: false, error: error.message }));
    this.watch(this.#process);
    await this.request(() => {}, limit);
  }

  async run(limit) {
    const answer = await this.request(() => this.#process.stdin.write('run\n'), limit);
    const file = readFileSync(this.#output);
    const x = new Float64Array(file.buffer.slice(file.byteOffset, file.byteOffset + file.length));
    return { ...answer, x };
  }

  kill() {
    this.#process?.kill('SIGKILL');
  }
}
