/**
 * Sparse linear systems for JavaScript: direct, iterative and least-squares solvers in WebAssembly
 * whose every answer carries a certificate.
 *
 * @packageDocumentation
 */
import { type BackendInfo, type Engine, getDefaultEngine } from './engine.js';
import type { SparseMatrix } from './matrix.js';
import type { CreateOptions, Output, SolveAsyncOptions } from './options.js';
import type { RowSolver, RowSolverOptions } from './local/row-solver.js';
import type { RowSource } from './local/row-source.js';
import type { Factor } from './factor/factor.js';
import type { FactorizeOptions } from './factor/options.js';
import type { Analysis } from './factor/report.js';
import { Graph, type GraphOptions, type GraphSource } from './graph/graph.js';
import type { PagerankOptions, Scores } from './graph/options.js';
import type { AsyncControls } from './options.js';
import type { Solution } from './solution.js';
import type { Solver } from './solver.js';
import { withEngine } from './with-engine.js';

export { type BackendInfo, Capability, Engine, type EngineStats, getDefaultEngine, loadEngine, type LoadOptions, type ModuleSource, type Variant } from './engine.js';
export { LacunaError, type LacunaErrorCode, type LacunaErrorOptions, ParseError, type ParseErrorCode } from './errors.js';
export { type CompressedOptions, type CsrArrays, type Edge, type EdgeColumns, type EdgeList, SparseMatrix } from './matrix.js';
export {
  formatMatrixMarket,
  matrixMarketPieces,
  type MatrixMarketOptions,
  parseMatrixMarket,
  parseMatrixMarketStream,
  type Symmetry,
} from './io/matrix-market.js';
export type {
  AsyncControls,
  CreateOptions,
  Output,
  Progress,
  SolveAsyncOptions,
  SolveOptions,
  SolverOptions,
  Tolerances,
} from './options.js';
export type { Factor } from './factor/factor.js';
export type { FactorizeOptions, FactorMethod, FactorOptions, FactorOrdering, FactorSolveOneOptions, FactorSolveOptions, RankUpdateOptions } from './factor/options.js';
export type {
  Analysis,
  BackwardError,
  ConditionEstimate,
  FactorReport,
  FactorSolution,
  FactorSolutions,
  FactorSolveReport,
  LogDeterminant,
  SparseSolution,
} from './factor/report.js';
export { type ArcBatch, type ArcSource, Graph, type GraphOptions, type GraphSource, type Seeds } from './graph/graph.js';
export type {
  Cluster,
  ClusterOptions,
  GraphAnswer,
  GraphNumber,
  GraphVector,
  HeatOptions,
  HittingOptions,
  HittingTimeOptions,
  KatzOfOptions,
  KatzOptions,
  PagerankOptions,
  PairOptions,
  PersonalizedOptions,
  PushOptions,
  RankOptions,
  Ranks,
  ResistanceOptions,
  Scores,
  TopOptions,
  TopRanks,
  VertexValues,
} from './graph/options.js';
export type { Attempt, AttemptOutcome, Method, Preconditioner, Reason, SetupReport, SolveReport } from './report.js';
export type { Answer, Certificate, Conditions, InverseLine, QueryWork, SideConditions, WorkEstimate } from './local/answer.js';
export type { LocalSolver } from './local/local-solver.js';
export type { LineAsyncOptions, LineOptions, QueryAsyncOptions, QueryMethod, QueryOptions } from './local/query-options.js';
export { RowSolver, type RowSolverOptions, type RowStats } from './local/row-solver.js';
export type { RowBatch, RowSource } from './local/row-source.js';
export { type Movement, type RowReplacement, type SystemChange, TrackedEntry } from './local/tracked.js';
export { type OnDemandVector, type QueryRightHandSide, Rhs, type RightHandSide, type SparseVector } from './rhs.js';
export type { ManySolutions, Solution, SolveManyOptions } from './solution.js';
export { Solver } from './solver.js';
export { createBandit, createPolicy } from './policy/create.js';
export type { AcceptanceManifest, AcceptanceOptions, CycleRecord, FamilyRecord, Interval, Verdict } from './policy/manifest.js';
export type { PolicySystem, ProblemSource, TrainOptions, TrainReport } from './policy/training.js';
export type {
  PlanOrdering,
  Policy,
  PolicyArm,
  PolicyCandidate,
  PolicyExplanation,
  PolicyFeatures,
  PolicyJob,
  PolicyOptions,
  PolicyOutcome,
  PolicyProposal,
  PolicySolverOptions,
  PolicySource,
  PolicyState,
  PolicyStats,
  ProposeOptions,
  RememberedPlan,
} from './policy/policy.js';
export type {
  Bandit,
  BanditArm,
  BanditArmState,
  BanditChoice,
  BanditExplanation,
  BanditOptions,
  BanditOutcome,
  BanditState,
  BanditStats,
  CostPrior,
  SuccessPrior,
} from './policy/bandit.js';
export { actionHash, createWitness, verifyWitness } from './witness/create.js';
export type {
  VerifyOptions,
  WebKey,
  WitnessAction,
  WitnessBytes,
  WitnessChain,
  WitnessCommitment,
  WitnessEntry,
  WitnessFlaw,
  WitnessHead,
  WitnessKind,
  WitnessOptions,
  WitnessVerdict,
} from './witness/witness.js';

/**
 * Measures A, chooses a method unless you name one, and sets it up: factors or preconditions. The
 * first call loads the WebAssembly core. With `signal`, `slice`, `timeLimit` or `onProgress` the set-up
 * runs in slices, so that a page stays responsive; one that is stopped throws and leaves nothing behind.
 *
 * Memory: a copy of A (12 bytes an entry) and the factors. Cost: O(nnz) plus the factorization.
 *
 * @throws LacunaError `not-square`, `not-symmetric`, `indefinite-matrix`, `singular-matrix` where the
 *   matrix does not fit the method named, or no method at all; `cancelled` and `budget` where the set-up
 *   was stopped; `not-sliceable`, `invalid-argument`, `invalid-option`, `out-of-memory`, `load-failed`
 * @example
 * ```ts
 * import { createSolver, SparseMatrix } from 'lacuna';
 *
 * const A = SparseMatrix.laplacian(4, [[0, 1], [1, 2], [2, 3]], { shift: 0.1 });
 * const solver = await createSolver(A, { method: 'auto' });
 * const { x, report } = solver.solve([1, 0, 0, 0]);
 * console.log(x.length, report.method, report.converged); // 4 cholesky true
 * solver.dispose();
 * ```
 */
export async function createSolver(A: SparseMatrix, options: CreateOptions = {}): Promise<Solver> {
  const [engine, rest] = await withEngine(options);
  return engine.createSolver(A, rest);
}

/**
 * A solver for single answers over a matrix that is never loaded: `source` gives rows where a query
 * needs them, at once or, for the calls that end in `…Async`, as promises. What bounds rest on is
 * declared, and held against every row that is read.
 *
 * @throws LacunaError `invalid-argument` for the source, `invalid-option`, `out-of-memory`,
 *   `load-failed`
 * @example
 * ```ts
 * import { createRowSolver } from 'lacuna';
 *
 * // A chain that decays: 4xᵢ − xᵢ₊₁ = bᵢ, fetched from afar.
 * const size = 1e15;
 * const rows = async (ids: Float64Array) => ({
 *   counts: ids.map(() => 2),
 *   indices: [...ids].flatMap((i) => [i, (i + 1) % size]),
 *   values: [...ids].flatMap(() => [4, -1]),
 * });
 * const solver = await createRowSolver({ rows }, { size, margin: 3, norm: 5, signs: 'm-matrix' });
 * const { value, bound } = await solver.entryAsync(10, { indices: [12], values: [64] }, { atol: 1e-6 });
 * console.log(Math.abs(value - 1) <= bound!, solver.stats().fetched < 30); // true true
 * solver.dispose();
 * ```
 */
export async function createRowSolver(source: RowSource, options: RowSolverOptions & { engine?: Engine }): Promise<RowSolver> {
  const [engine, rest] = await withEngine(options);
  return engine.createRowSolver(source, rest);
}

/**
 * A graph to ask questions about walks on it and currents through it: a matrix whose entry (u, v) is
 * the weight of the arc u → v, a list of edges, or rows of targets. Copied and checked, O(n + arcs).
 *
 * @throws LacunaError `invalid-argument` for a weight that is not positive (with its position among the
 *   entries) or what {@link SparseMatrix} refuses, `not-square`, `not-symmetric` where `directed` is
 *   false and an arc has none back, `invalid-option`, `out-of-memory`, `load-failed`
 * @example
 * ```ts
 * import { createGraph } from 'lacuna';
 *
 * const graph = await createGraph({ n: 3, edges: { source: [0, 1], target: [1, 2] } }, { directed: true });
 * console.log(graph.arcs, graph.dangling, graph.undirected); // 2 1 false
 * graph.dispose();
 * ```
 */
export async function createGraph(source: GraphSource, options: GraphOptions & { engine?: Engine } = {}): Promise<Graph> {
  const [engine, rest] = await withEngine(options);
  return engine.createGraph(source, rest);
}

/**
 * PageRank of all vertices of a graph, or of a matrix that is taken as one and not kept: see
 * {@link Graph.pagerank}.
 *
 * @throws LacunaError as {@link createGraph} and {@link Graph.pagerank}
 * @example
 * ```ts
 * import { pagerank, SparseMatrix } from 'lacuna';
 *
 * const links = SparseMatrix.fromTriplets(3, 3, [0, 1, 2], [2, 2, 0], [1, 1, 1]);
 * const { scores } = await pagerank(links, { teleport: 0.15 });
 * console.log(scores.indexOf(Math.max(...scores))); // 2
 * ```
 */
export async function pagerank(
  graph: Graph | GraphSource,
  options: PagerankOptions & AsyncControls & GraphOptions & { engine?: Engine } = {},
): Promise<Scores> {
  if (graph instanceof Graph) return graph.pagerankAsync(options);
  const [engine, { directed, load, cacheBytes, ...rest }] = await withEngine(options);
  const given = Object.entries({ directed, load, cacheBytes }).filter(([, value]) => value !== undefined);
  const made = await engine.createGraph(graph, Object.fromEntries(given));
  try {
    return await made.pagerankAsync(rest);
  } finally {
    made.dispose();
  }
}

/**
 * Solves one system and keeps nothing. With `signal`, `slice`, `timeLimit` or `onProgress` set-up and
 * solve run in slices.
 *
 * @throws LacunaError as {@link createSolver} and {@link Solver.solve}; `not-sliceable`
 * @example
 * ```ts
 * import { solve, SparseMatrix } from 'lacuna';
 *
 * const A = SparseMatrix.fromDense([[1, 0], [1, 1], [1, 2]]);
 * const { x, report } = await solve(A, [1, 3, 5]); // least squares: y = 1 + 2t
 * console.log(report.method, x.map(Math.round)); // qr Float64Array [1, 2]
 * ```
 */
export async function solve<X extends Output = Float64Array>(
  A: SparseMatrix,
  b: ArrayLike<number>,
  options: CreateOptions & SolveAsyncOptions<X> = {},
): Promise<Solution<X>> {
  const [engine, rest] = await withEngine(options);
  return engine.solve(A, b, rest);
}

/**
 * Factors A by a direct method, to solve with it again and again: an object of its own beside
 * {@link createSolver}, for whoever wants the method, the order, the figures beforehand, the condition
 * or the determinant. Works in slices, on a page's main thread too. The first call loads a module of
 * its own.
 *
 * Memory: a copy of A (12 bytes an entry) and `report.peakBytes` while numbers are computed. Cost:
 * `report.factorFlops`; {@link analyze} tells both beforehand.
 *
 * @throws LacunaError `not-square`; `not-symmetric` with the first pair that differs;
 *   `indefinite-matrix` with the column and its pivot; `singular-matrix` with the column, or, where no
 *   values could help, with the structural rank and the rows left over; `too-large` with the
 *   figures where they are more than allowed; `cancelled`, `budget`, `invalid-argument`,
 *   `invalid-option`, `out-of-memory`, `load-failed`
 * @example
 * ```ts
 * import { factorize, SparseMatrix } from 'lacuna';
 *
 * const A = SparseMatrix.laplacian(4, [[0, 1], [1, 2], [2, 3]], { shift: 1 });
 * const factor = await factorize(A, { ordering: 'amd', onProgress: ({ fraction }) => fraction });
 * const { x, report } = factor.solve([1, 0, 0, 0]);
 * console.log(factor.report.method, factor.report.factorNnz, report.converged); // cholesky 7 true
 * factor.dispose();
 * ```
 */
export async function factorize(A: SparseMatrix, options: FactorizeOptions & { engine?: Engine } = {}): Promise<Factor> {
  const [engine, rest] = await withEngine(options);
  return engine.factorize(A, rest);
}

/**
 * A factor of A, by whatever method, from the bytes of {@link Factor.export}, without computing it again.
 * Nothing in the bytes is trusted: checksums, and then every index and value, are checked, and that they
 * are of this matrix. It solves with the same bits as the first one, and an update needs no analysis. (Of
 * `'qr'` the bytes keep the order of the columns: the structure is told from it, which counts as an
 * analysis, and for dependent columns the null space is computed.)
 *
 * @throws LacunaError `invalid-argument` for bytes that are damaged (with the position) or of another
 *   matrix, `unsupported-format` for another version or an unknown method; as {@link factorize}
 * @example
 * ```ts
 * import { factorize, importFactor, SparseMatrix } from 'lacuna';
 *
 * const A = SparseMatrix.identity(3);
 * const bytes = (await factorize(A, { method: 'cholesky' })).export();
 * const error = await importFactor(A, bytes.slice(1)).catch((e) => e);
 * console.log(error.code, error.argument); // invalid-argument bytes
 * ```
 */
export async function importFactor(A: SparseMatrix, bytes: Uint8Array, options: AsyncControls & { engine?: Engine } = {}): Promise<Factor> {
  const [engine, rest] = await withEngine(options);
  return engine.importFactor(A, bytes, rest);
}

/**
 * What {@link factorize} would take, from the pattern alone: method, order, entries of the factors,
 * flops and peak memory, before any number is computed.
 *
 * @throws LacunaError as {@link factorize}
 * @example
 * ```ts
 * import { analyze, SparseMatrix } from 'lacuna';
 *
 * const A = SparseMatrix.laplacian(3, [[0, 1], [1, 2]], { shift: 1 });
 * const { factorNnz, factorFlops } = await analyze(A, { method: 'cholesky' });
 * console.log(factorNnz, factorFlops); // 5 9
 * ```
 */
export async function analyze(A: SparseMatrix, options: FactorizeOptions & { engine?: Engine } = {}): Promise<Analysis> {
  const [engine, rest] = await withEngine(options);
  return engine.analyze(A, rest);
}

/**
 * Version of the core of the default engine.
 *
 * @example
 * ```ts
 * import { version } from 'lacuna';
 *
 * console.log(await version()); // 0.1.0
 * ```
 */
export async function version(): Promise<string> {
  return (await getDefaultEngine()).version();
}

/**
 * What the default engine can do, as a sum of {@link Capability} bits.
 *
 * @example
 * ```ts
 * import { Capability, capabilities } from 'lacuna';
 *
 * console.log(((await capabilities()) & Capability.direct) !== 0); // true
 * ```
 */
export async function capabilities(): Promise<number> {
  return (await getDefaultEngine()).capabilities();
}

/**
 * Which kernels the default engine runs.
 *
 * @example
 * ```ts
 * import { backendInfo } from 'lacuna';
 *
 * console.log(await backendInfo()); // { backend: 'simd128', width: 2 }
 * ```
 */
export async function backendInfo(): Promise<BackendInfo> {
  return (await getDefaultEngine()).backendInfo();
}
