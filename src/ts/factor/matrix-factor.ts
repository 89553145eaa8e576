import type { FactorCore, NativeFactor, NativeFactorTask } from '#factor-core';
import type { SparseVector } from '../rhs.js';
import {
  asDoubles,
  asVector,
  type AsyncControls,
  type CheckedControls,
  checkControls,
  checkedVector,
  checkFlag,
  checkIndex,
  checkLength,
  checkList,
  checkNonNegative,
  checkNumber,
  checkOptions,
  complete,
  CONTROL_KEYS,
  copyIndices,
  describe,
  DOUBLE,
  doubles,
  Held,
  type Host,
  isSparse,
  LacunaError,
  makeScoped,
  patternDifference,
  type Resources,
  runSteps,
  settle,
  SparseMatrix,
  sparseParts,
  STATUSES,
  type Steps,
  valuesOf,
  word,
} from '../shared.js';
import { changeFailed, type Limits, setupFailed, stopped, taskFailed } from './failures.js';
import type { FactorMethod, FactorSolveOneOptions, FactorSolveOptions, RankUpdateOptions } from './options.js';
import type { Factor } from './factor.js';
import { type FactorContext, readSolve, reportOf, SOLVE_FIELDS } from './read.js';
import type { ConditionEstimate, FactorReport, FactorSolution, FactorSolutions, LogDeterminant, SparseSolution } from './report.js';

const SOLVE_KEYS = ['transpose', 'refine', 'errorBound', 'rtol', 'atol'] as const;

/** Goals of a set-up and flags of a solve, as in factor_binding.hpp. */
export const ANALYZE = 0;
export const FACTORIZE = 1;
const UPDATE = 2;
const CHANGE = 3;
const IMPORT = 4;
/** Changes, as in factor.hpp. */
const RANK = 0;
const DOWNDATE = 1;
const DELETE = 2;
const ADD = 3;
const TRANSPOSED = 1;
const ERROR_BOUND = 2;

/** Sparse columns one after the other: those of column k from begin[k] to begin[k + 1]. */
interface Columns {
  readonly begin: ArrayLike<number>;
  readonly ids: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** A factor in linear memory. */
export class MatrixFactor extends Held implements Factor {
  /** Rows of A. */
  readonly rows: number;
  /** Columns of A. */
  readonly cols: number;
  readonly #host: Host<FactorCore>;
  readonly #resources: Resources<NativeFactor>;
  readonly #limits: Limits;
  #context: FactorContext;
  #report: FactorReport;

  /** @internal Takes over a native factor that has its matrix: {@link MatrixFactor.work} is to follow. */
  constructor(host: Host<FactorCore>, resources: Resources<NativeFactor>, context: FactorContext, limits: Limits) {
    super(host, resources, 'factor', 'factorize');
    this.#host = host;
    this.#resources = resources;
    this.#context = context;
    this.#limits = limits;
    this.rows = context.rows;
    this.cols = context.cols;
    this.#report = reportOf(host.core(), resources.native, context);
  }

  get nnz(): number {
    return this.#report.nnz;
  }

  get report(): FactorReport {
    return this.#report;
  }

  solve(b: ArrayLike<number> | SparseVector, options?: FactorSolveOneOptions): FactorSolution {
    return complete(this.#solveOne(b, options, false));
  }

  async solveAsync(b: ArrayLike<number> | SparseVector, options?: FactorSolveOneOptions & AsyncControls): Promise<FactorSolution> {
    return settle(this.#solveOne(b, options, true));
  }

  solveMany(bs: readonly (ArrayLike<number> | SparseVector)[], options?: FactorSolveOptions): FactorSolutions {
    return complete(this.#solve('bs', bs, options, false));
  }

  async solveManyAsync(
    bs: readonly (ArrayLike<number> | SparseVector)[],
    options?: FactorSolveOptions & AsyncControls,
  ): Promise<FactorSolutions> {
    return settle(this.#solve('bs', bs, options, true));
  }

  condition(): ConditionEstimate {
    return complete(this.#estimate(undefined));
  }

  async conditionAsync(options?: AsyncControls): Promise<ConditionEstimate> {
    return settle(this.#estimate(checkControls(checkOptions(options, CONTROL_KEYS))));
  }

  logDeterminant(): LogDeterminant {
    const core = this.#host.core();
    this.#needsDouble();
    const address = this.run(() => this.#resources.native.determinant()) >>> 0;
    if (address === 0) {
      throw new LacunaError('invalid-argument', `'${this.#report.method}' does not tell the determinant`, { remedy: "Use method 'lu'" });
    }
    const [logAbs, sign] = doubles(core, address, 2);
    return { logAbs: logAbs!, sign: sign as LogDeterminant['sign'] };
  }

  update(values: ArrayLike<number> | SparseMatrix): void {
    complete(this.#update(values, undefined));
  }

  async updateAsync(values: ArrayLike<number> | SparseMatrix, options?: AsyncControls): Promise<void> {
    return settle(this.#update(values, checkControls(checkOptions(options, CONTROL_KEYS))));
  }

  solveSparse(b: SparseVector, wanted?: ArrayLike<number>): SparseSolution {
    return complete(this.#reach(b, wanted, undefined));
  }

  async solveSparseAsync(b: SparseVector, wanted?: ArrayLike<number>, options?: AsyncControls): Promise<SparseSolution> {
    return settle(this.#reach(b, wanted, checkControls(checkOptions(options, CONTROL_KEYS))));
  }

  inverseEntries(rows: ArrayLike<number>, cols: ArrayLike<number>): Float64Array {
    return complete(this.#inverse(rows, cols, undefined));
  }

  async inverseEntriesAsync(rows: ArrayLike<number>, cols: ArrayLike<number>, options?: AsyncControls): Promise<Float64Array> {
    return settle(this.#inverse(rows, cols, checkControls(checkOptions(options, CONTROL_KEYS))));
  }

  updateRank(W: SparseMatrix | SparseVector, options?: RankUpdateOptions): void {
    complete(this.#updateRank(W, checkOptions<RankUpdateOptions>(options, ['downdate']), undefined));
  }

  async updateRankAsync(W: SparseMatrix | SparseVector, options?: RankUpdateOptions & AsyncControls): Promise<void> {
    const given = checkOptions<RankUpdateOptions & AsyncControls>(options, ['downdate', ...CONTROL_KEYS]);
    return settle(this.#updateRank(W, given, checkControls(given)));
  }

  deleteRow(row: number): void {
    complete(this.#changeRow(DELETE, row, undefined, undefined));
  }

  async deleteRowAsync(row: number, options?: AsyncControls): Promise<void> {
    return settle(this.#changeRow(DELETE, row, undefined, checkControls(checkOptions(options, CONTROL_KEYS))));
  }

  addRow(row: number, entries: SparseVector): void {
    complete(this.#changeRow(ADD, row, entries, undefined));
  }

  async addRowAsync(row: number, entries: SparseVector, options?: AsyncControls): Promise<void> {
    return settle(this.#changeRow(ADD, row, entries, checkControls(checkOptions(options, CONTROL_KEYS))));
  }

  export(): Uint8Array {
    return complete(this.#export(undefined));
  }

  async exportAsync(options?: AsyncControls): Promise<Uint8Array> {
    return settle(this.#export(checkControls(checkOptions(options, CONTROL_KEYS))));
  }

  *#export(controls: CheckedControls | undefined): Steps<Uint8Array> {
    this.#needsDouble();
    return yield* this.#ask('A', (native) => native.exportBytes(), controls, (core, result, isStopped, task) => {
      if (isStopped) throw stopped(controls?.signal?.aborted === true);
      const start = task.bytes() >>> 0;
      return core.HEAPU8.slice(start, start + doubles(core, result, 1)[0]!);
    });
  }

  /** @internal Takes the factors from bytes. */
  *import(bytes: Uint8Array, controls: CheckedControls): Steps<void> {
    const core = this.#host.core();
    const { native } = this.#resources;
    const span = this.#resources.span(Math.ceil(bytes.length / DOUBLE));
    try {
      core.HEAPU8.set(bytes, span.address);
      const begun = word(STATUSES, this.run(() => native.import(span.address, bytes.length)));
      if (begun !== 'ok') throw setupFailed(this.#host, native, 'bytes', reportOf(core, native, this.#context), this.#limits);
      yield* this.#run(IMPORT, 'bytes', 1, controls);
    } finally {
      this.#resources.free(span);
    }
  }

  *#updateRank(W: SparseMatrix | SparseVector, options: RankUpdateOptions, controls: CheckedControls | undefined): Steps<void> {
    const kind = checkFlag('downdate', options.downdate, false) ? DOWNDATE : RANK;
    if (!(W instanceof SparseMatrix)) return yield* this.#change('W', kind, this.#column('W', W), 0, controls);
    if (W.rows !== this.rows) {
      throw new LacunaError('shape-mismatch', `has ${W.rows} rows, the matrix ${this.rows}`, { argument: 'W' });
    }
    const { indptr, indices, data } = W.transpose().csrViews();
    yield* this.#change('W', kind, { begin: indptr, ids: indices, values: data }, 0, controls);
  }

  *#changeRow(kind: number, row: number, entries: SparseVector | undefined, controls: CheckedControls | undefined): Steps<void> {
    checkIndex('row', row, this.rows);
    const column = kind === ADD ? this.#column('entries', entries) : { begin: [0, 0], ids: [], values: [] };
    yield* this.#change(kind === ADD ? 'entries' : 'row', kind, column, row, controls);
  }

  #column(argument: string, vector: unknown): Columns {
    if (!isSparse(vector)) {
      throw new LacunaError('invalid-argument', `must have indices and values, got ${describe(vector)}`, { argument });
    }
    const { ids, values } = sparseParts(argument, vector, this.rows);
    return { begin: [0, ids.length], ids, values };
  }

  *#change(argument: string, kind: number, { begin, ids, values }: Columns, row: number, controls: CheckedControls | undefined): Steps<void> {
    this.#needs('cholesky');
    const { native } = this.#resources;
    const { span, at } = this.#resources.put(asDoubles(begin), asDoubles(ids), values);
    const [b, r, v] = at as [number, number, number];
    try {
      const begun = word(STATUSES, this.run(() => native.change(kind, b, r, v, begin.length - 1, row)));
      if (begun !== 'ok') throw changeFailed(begun, argument, native);
      yield* this.#run(CHANGE, argument, 1, controls);
    } finally {
      this.#resources.free(span);
    }
  }

  *#reach(b: SparseVector, wanted: ArrayLike<number> | undefined, controls: CheckedControls | undefined): Steps<SparseSolution> {
    this.#needs('cholesky', 'ldlt', 'lu');
    if (!isSparse(b)) {
      throw new LacunaError('invalid-argument', `must have indices and values, got ${describe(b)}`, { argument: 'b' });
    }
    const { ids, values } = sparseParts('b', b, this.rows);
    const rows = wanted === undefined ? Int32Array.from({ length: this.rows }, (_, i) => i) : this.#places('wanted', wanted);
    const out = new Float64Array(rows.length);
    const { span, at } = this.#resources.put(asDoubles(ids), values, asDoubles(rows), out);
    const [b0, b1, r, x] = at as [number, number, number, number];
    try {
      return yield* this.#ask('b', (native) => native.reach(b0, b1, ids.length, r, rows.length, x), controls, (core, result, isStopped) => {
        if (isStopped) throw stopped(controls?.signal?.aborted === true);
        const [entries, supernodes] = doubles(core, result, 2);
        return { x: doubles(core, x, rows.length), entries: entries!, supernodes: supernodes! };
      });
    } finally {
      this.#resources.free(span);
    }
  }

  *#inverse(rows: ArrayLike<number>, cols: ArrayLike<number>, controls: CheckedControls | undefined): Steps<Float64Array> {
    this.#needs('cholesky', 'ldlt', 'lu');
    const i = this.#places('rows', rows);
    const j = this.#places('cols', cols);
    checkLength('cols', j, i.length, 'one for each row');
    const { span, at } = this.#resources.put(asDoubles(i), asDoubles(j), new Float64Array(i.length));
    const [r, c, out] = at as [number, number, number];
    try {
      return yield* this.#ask('rows', (native) => native.inverse(r, c, i.length, out), controls, (core, _, isStopped) => {
        if (isStopped) throw stopped(controls?.signal?.aborted === true);
        return doubles(core, out, i.length);
      });
    } finally {
      this.#resources.free(span);
    }
  }

  #places(argument: string, given: ArrayLike<number>): Int32Array {
    return copyIndices(argument, checkList(argument, given), this.rows);
  }

  #needsDouble(): void {
    this.core();
    if (this.#report.precision === 'double') return;
    throw new LacunaError('invalid-argument', 'needs factors in double precision, these are in single precision', {
      remedy: "Factor with precision 'double'",
    });
  }

  /** Refuses what the factors of other methods do not give. */
  #needs(...methods: FactorMethod[]): void {
    this.#needsDouble();
    if (methods.includes(this.#report.method)) return;
    const several = methods.length > 1;
    throw new LacunaError('invalid-argument', `needs factors by '${methods.join("', '")}', these are by '${this.#report.method}'`, {
      remedy: several ? "Factor a square matrix with another method, or use solve" : `Factor a symmetric positive definite matrix with method '${methods[0]}'`,
    });
  }

  *#solveOne(
    b: ArrayLike<number> | SparseVector,
    options: (FactorSolveOneOptions & AsyncControls) | undefined,
    isAsync: boolean,
  ): Steps<FactorSolution> {
    const { out, ...rest } = checkOptions(options, ['out', ...SOLVE_KEYS, ...(isAsync ? CONTROL_KEYS : [])]);
    const n = checkFlag('transpose', rest.transpose, false) ? this.rows : this.cols;
    if (out !== undefined && !(out instanceof Float64Array && out.length === n)) {
      throw new LacunaError('invalid-argument', `must be a Float64Array of ${n} values, got ${describe(out)}`, { argument: 'options.out' });
    }
    const { x, reports } = yield* this.#solve('b', [b], rest, isAsync);
    out?.set(x[0]!);
    return { x: out ?? x[0]!, report: reports[0]! };
  }

  *#solve(
    argument: 'b' | 'bs',
    bs: readonly (ArrayLike<number> | SparseVector)[],
    options: (FactorSolveOptions & AsyncControls) | undefined,
    isAsync: boolean,
  ): Steps<FactorSolutions> {
    this.core();
    const started = performance.now();
    const given = checkOptions<FactorSolveOptions & AsyncControls>(options, [...SOLVE_KEYS, ...(isAsync ? CONTROL_KEYS : [])]);
    const transpose = checkFlag('transpose', given.transpose, false);
    const flags = (transpose ? TRANSPOSED : 0) | (checkFlag('errorBound', given.errorBound, false) ? ERROR_BOUND : 0);
    const { refine = true } = given;
    const steps =
      typeof refine === 'boolean'
        ? 3 * Number(refine)
        : checkNumber('refine', refine, 3, 'true, false or an integer from 0 to 10', (v) => Number.isInteger(v) && v >= 0 && v <= 10);
    const rtol = checkNonNegative('rtol', given.rtol, 1e-10);
    const atol = checkNonNegative('atol', given.atol, 0);
    const controls = isAsync ? checkControls(given) : undefined;
    if (!Array.isArray(bs) || bs.length === 0) {
      throw new LacunaError('invalid-argument', `must be an array of right-hand sides, got ${describe(bs)}`, { argument });
    }
    const [m, n] = transpose ? [this.cols, this.rows] : [this.rows, this.cols];
    const why = `one for each ${transpose ? 'column' : 'row'} of the matrix`;
    const k = bs.length;
    const writers = bs.map((b, i) => checkedVector(argument === 'b' ? 'b' : `bs[${i}]`, b, m, why));
    const [b, x] = this.#resources.spans(k * m, k * n);
    try {
      writers.forEach((write, i) => write(b!.view(i * m, m)));
      return yield* this.#ask(
        argument,
        (native) => native.solve(b!.address, x!.address, k, flags, steps, rtol, atol),
        controls,
        (core, result) => {
          const time = (performance.now() - started) / k;
          const { method } = this.#report;
          return {
            x: bs.map((_, i) => x!.view(i * n, n).slice()),
            reports: bs.map((_, i) => readSolve(doubles(core, result + i * SOLVE_FIELDS * DOUBLE, SOLVE_FIELDS), method, time)),
          };
        },
      );
    } finally {
      this.#resources.free(b);
      this.#resources.free(x);
    }
  }

  *#estimate(controls: CheckedControls | undefined): Steps<ConditionEstimate> {
    this.core();
    return yield* this.#ask('A', (native) => native.condition(), controls, (core, result, isStopped) => {
      if (isStopped) throw stopped(controls?.signal?.aborted === true);
      const [condition, reciprocal, norm, inverseNorm, solves] = doubles(core, result, 5);
      return { condition: condition!, reciprocal: reciprocal!, norm: norm!, inverseNorm: inverseNorm!, solves: solves! };
    });
  }

  /** Runs a task to its end and reads its answer. */
  *#ask<T>(
    argument: string,
    begin: (native: NativeFactor) => NativeFactorTask | null,
    controls: CheckedControls | undefined,
    read: (core: FactorCore, result: number, isStopped: boolean, task: NativeFactorTask) => T,
  ): Steps<T> {
    const { native } = this.#resources;
    let task: NativeFactorTask | null = null;
    const fail = (): LacunaError => {
      const source = task ?? native;
      return taskFailed(word(STATUSES, source.status()), argument, this.#report.method, source.faultPosition());
    };
    try {
      task = this.run(() => begin(native));
      if (task === null) throw fail();
      const running = task;
      this.#resources.add(running);
      const isStopped = yield* runSteps(this, running, controls, true, fail);
      return read(this.#host.core(), running.result() >>> 0, isStopped, running);
    } finally {
      this.#resources.end(task);
    }
  }

  *#update(values: ArrayLike<number> | SparseMatrix, controls: CheckedControls | undefined): Steps<void> {
    this.core();
    const core = this.#host.core();
    const { native } = this.#resources;
    const difference = patternDifference(core, native, this, values);
    if (difference !== undefined) throw difference;
    const data = asVector('values', valuesOf(values), this.nnz, 'one for each stored entry');
    const span = this.#resources.span(Math.max(1, this.nnz));
    try {
      span.view(0, this.nnz).set(data);
      const begun = word(STATUSES, this.run(() => native.begin(UPDATE, span.address, this.nnz)));
      if (begun !== 'ok') throw taskFailed(begun, 'values', this.#report.method, native.faultPosition());
    } finally {
      this.#resources.free(span);
    }
    yield* this.#run(UPDATE, 'values', 1, controls);
  }

  /** @internal Analyzes or factors; `share` is the part of all the work that is done with it. */
  *work(goal: typeof ANALYZE | typeof FACTORIZE, share: number, controls: CheckedControls): Steps<void> {
    this.core();
    const { native } = this.#resources;
    this.run(() => native.begin(goal, 0, 0));
    yield* this.#run(goal, 'A', share, controls);
  }

  /** Runs what was begun; what is left of it is given up. */
  *#run(goal: number, argument: string, share: number, controls: CheckedControls | undefined): Steps<void> {
    const core = this.#host.core();
    const started = performance.now();
    const { native } = this.#resources;
    const task = {
      step: (work: number, deadline: number) => native.step(work, deadline),
      stop: (reason: number) => native.stop(reason),
      status: () => native.status(),
      progress: () => share * native.progress(),
    };
    const fail = (): LacunaError =>
      goal === CHANGE
        ? changeFailed(word(STATUSES, native.status()), argument, native)
        : setupFailed(this.#host, native, argument, reportOf(core, native, this.#context), this.#limits);
    let ended = false;
    try {
      const isStopped = yield* runSteps(this, task, controls, true, fail);
      ended = true;
      // A change that was being put in place took place.
      const took = goal === CHANGE && reportOf(core, native, this.#context).changes > this.#report.changes;
      if (isStopped && !took) throw stopped(controls?.signal?.aborted === true);
    } finally {
      // A callback of the caller may have thrown, or disposed of everything.
      if (!ended && !this.disposed) this.run(() => native.stop(0));
    }
    const time = performance.now() - started;
    if (goal === ANALYZE) this.#context = { ...this.#context, analyzeTime: time };
    else if (goal !== CHANGE) this.#context = { ...this.#context, factorTime: time };
    this.#report = reportOf(core, native, this.#context);
  }
}

makeScoped(MatrixFactor, 'Factor');
