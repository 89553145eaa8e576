import type { NativeGraph, NativeGraphTask } from '#graph-core';
import { fetchArcs } from './arcs.js';
import type { ArcSource, Seeds } from './graph.js';
import type { CheckedBatch } from '../local/row-source.js';
import type { PagerankOptions } from './options.js';
import { checkedSettings, QUERIES, type Query, type QueryName, PUSHES, REPORT_FIELDS, ROWS, WORK } from './queries.js';
import {
  asVector,
  type AsyncControls,
  bring,
  type CheckedControls,
  checkControls,
  checkIndex,
  checkList,
  checkSize,
  complete,
  copyIds,
  DOUBLE,
  doubles,
  failure,
  Graph,
  isSparse,
  LacunaError,
  REASONS,
  type Resources,
  type Host,
  makeScoped,
  runSteps,
  settle,
  sparseParts,
  type SparseVector,
  type Status,
  STATUSES,
  type Steps,
  word,
} from '../shared.js';

/** Vertices and values, one after the other: a vector by its entries, or vertices alike. */
function pairs(argument: string, given: Seeds, n: number): number[] {
  if (isSparse(given)) {
    const { ids, values } = sparseParts(argument, given, n);
    return [...ids, ...values];
  }
  const ids = typeof given === 'number' ? [checkIndex(argument, given, n)] : [...copyIds(argument, checkList(argument, given), n)];
  return [...ids, ...ids.map(() => 1)];
}

/** The error for what the core refused, at the beginning or while it ran. */
export function failed({ list = ['graph', ''], none, lacks = 'and this reads all of it' }: Query, status: Status, position: number, running: boolean): LacunaError {
  const place = position < 0 ? undefined : position;
  if (status === 'not-ready') {
    return new LacunaError('not-loaded', `is not loaded, ${lacks}`, {
      argument: 'graph',
      remedy: 'Make it with the option load: true, if it fits into memory',
    });
  }
  if (status === 'declaration-violated' && position < 0) {
    return new LacunaError(status, 'is less than the weights that were read', { argument: 'source.volume' });
  }
  if (status === 'not-symmetric') return new LacunaError(status, 'is not undirected', { argument: 'graph', position: place });
  if (status === 'singular-matrix' && none) return new LacunaError('invalid-argument', none[1], { argument: none[0] });
  if (status === 'shape-mismatch' || (status === 'invalid-argument' && !running)) {
    return new LacunaError('invalid-argument', list[1], { argument: list[0], position: place });
  }
  if (status === 'invalid-argument') {
    return new LacunaError(status, 'has a weight that is not positive, or outside 2⁻⁵⁰⁰ … 2⁵⁰⁰', { argument: 'graph', position: place });
  }
  return failure(status, 'graph', { position });
}

/** Asks a graph a question and reads the answer. */
function* ask<T>(graph: LoadedGraph, name: QueryName, isAsync: boolean, given: readonly unknown[]): Steps<T> {
  const started = performance.now();
  const core = graph.core();
  const query: Query = QUERIES[name];
  const { args } = query;
  const options = given[args.length] as PagerankOptions & AsyncControls;
  const settings = checkedSettings(query, options, isAsync);
  const controls = isAsync ? checkControls(options) : undefined;
  let list = options?.personalization as ArrayLike<number> | undefined;
  if (list !== undefined) list = asVector(query.list![0], list, graph.n, 'one for each vertex');
  args.forEach((argument, k) => {
    const value = given[k];
    if (argument === 'k') settings.push(checkSize(argument, value));
    else if (argument === query.list?.[0]) list = pairs(argument, value as SparseVector, graph.n);
    else settings.push(checkIndex(argument, value, graph.n));
  });
  const { resources } = graph;
  const { native } = resources;
  const { span, at } = resources.put(settings, list ?? []);
  const count = span.length - 1;
  let task: NativeGraphTask | null = null;
  const fail = (): LacunaError => {
    const source = task ?? native;
    return failed(query, word(STATUSES, source.status()), source.faultPosition(), task !== null);
  };
  try {
    task = graph.run(() => native.begin(Object.keys(QUERIES).indexOf(name), at[0]!, count));
    if (task === null) throw fail();
    const running = task;
    resources.add(running);
    yield* runSteps(graph, running, controls, true, fail, () => bring(graph, resources, running, controls, fail));
    const address = graph.run(() => running.report());
    if (address === 0) throw fail();
    const report = doubles(core, address, REPORT_FIELDS);
    const rows = report[ROWS]!;
    const table = running.table() >>> 0;
    const reason = word(REASONS, report[0]!);
    const [entries, iterations, touched] = report.subarray(WORK);
    return {
      ...query.read(report, (k, start = 0, end = rows) => doubles(core, table + (k * rows + start) * DOUBLE, end - start)),
      converged: reason.startsWith('converged'),
      reason,
      work: { entries, iterations, touched, pushes: report[PUSHES] },
      time: performance.now() - started,
    } as T;
  } finally {
    resources.end(task);
    resources.free(span);
  }
}

/** A graph with its queries. */
export class LoadedGraph extends Graph {
  readonly resources: Resources<NativeGraph>;
  readonly #source: ArcSource | undefined;

  static {
    const method = (name: string, value: (this: LoadedGraph, ...given: unknown[]) => unknown): void =>
      void Object.defineProperty(LoadedGraph.prototype, name, { value, configurable: true, writable: true });
    for (const name of Object.keys(QUERIES) as QueryName[]) {
      method(name, function (...given) {
        return complete(ask(this, name, false, given));
      });
      method(`${name}Async`, function (...given) {
        return settle(ask(this, name, true, given));
      });
    }
  }

  constructor(host: Host, resources: Resources<NativeGraph>, facts: Float64Array, source?: ArcSource) {
    super(host, resources, facts);
    this.resources = resources;
    this.#source = source;
  }

  /** Arcs that a query waits for. */
  *fetch(_kind: number, ids: Float64Array, controls: CheckedControls | undefined): Steps<CheckedBatch | undefined> {
    return yield* fetchArcs(this.#source!, ids, this.n, controls);
  }

  /** The error for a status that a query ended with. */
  failed(status: Status, position: number): LacunaError {
    return failure(status, 'source', { position });
  }
}

makeScoped(LoadedGraph, 'Graph');
