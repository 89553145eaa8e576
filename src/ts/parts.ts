import { platform } from '#platform';
import type { Factor } from './factor/factor.js';
import type { FactorizeOptions } from './factor/options.js';
import type { FactorPart } from './factor/part.js';
import type { Analysis } from './factor/report.js';
import type { Graph, GraphOptions, GraphSource } from './graph/graph.js';
import type { GraphPart } from './graph/part.js';
import { oncePerKey } from './load/once.js';
import type { LoadOptions, Variant } from './load/platform.js';
import type { RowSolver, RowSolverOptions } from './local/row-solver.js';
import type { RowSource } from './local/row-source.js';
import type { SparseMatrix } from './matrix.js';
import type { AsyncControls } from './options.js';
import type { Instance } from './native/instance.js';
import type { Bandit, BanditOptions } from './policy/bandit.js';
import type { PolicyPart } from './policy/part.js';
import type { Policy, PolicyOptions } from './policy/policy.js';
import type { RowsPart } from './rows/part.js';
import * as shared from './shared.js';
import type { VerifyOptions, WitnessAction, WitnessBytes, WitnessChain, WitnessHead, WitnessOptions, WitnessVerdict } from './witness/witness.js';

/** An instance of a module that is loaded when asked for. */
interface Maker {
  readonly instance: Pick<Instance, 'dispose' | 'stats'>;
}

/** What makes graphs. */
export interface GraphMaker extends Maker {
  newGraph(source: GraphSource, options: GraphOptions | undefined): Promise<Graph>;
}

/** What makes factors. */
export interface FactorMaker extends Maker {
  factorize(A: SparseMatrix, options?: FactorizeOptions): Promise<Factor>;
  importFactor(A: SparseMatrix, bytes: Uint8Array, options?: AsyncControls): Promise<Factor>;
  analyze(A: SparseMatrix, options?: FactorizeOptions): Promise<Analysis>;
}

/** What makes solvers over matrices that are never loaded. */
export interface RowsMaker extends Maker {
  newRowSolver(source: RowSource, options: RowSolverOptions): RowSolver;
}

/** What makes policies and bandits, and makes and checks witness chains. */
export interface PolicyMaker extends Maker {
  newPolicy(options?: PolicyOptions): Policy;
  newWitness(options: WitnessOptions): WitnessChain;
  verifyWitness(bytes: WitnessBytes, head: WitnessHead | null, options: VerifyOptions): Promise<WitnessVerdict>;
  actionHash(action: WitnessAction): string;
  newBandit(options: BanditOptions): Bandit;
}

/** The makers by the names of their modules. */
export interface Makers {
  readonly graph: GraphMaker;
  readonly rows: RowsMaker;
  readonly factor: FactorMaker;
  readonly policy: PolicyMaker;
}

/** A file of the package that is loaded when it is asked for. */
interface Part<T> {
  default(given: typeof shared): T;
}

const FILES = {
  graph: () => import('#graph') as Promise<Part<GraphPart>>,
  rows: () => import('#rows') as Promise<Part<RowsPart>>,
  factor: () => import('#factor') as Promise<Part<FactorPart>>,
  policy: () => import('#policy') as Promise<Part<PolicyPart>>,
};

/** The code of each, once for all engines. */
const code = oncePerKey(async (name: keyof typeof FILES) => (await FILES[name]()).default(shared));

/** Loads code and module together. */
export async function loadModule(name: keyof Makers, variant: Variant, options: LoadOptions): Promise<Maker> {
  const [part, module] = await Promise.all([code(name), platform.compile(name, variant, options[name] ?? {})]);
  return part.start(module as WebAssembly.Module, options);
}
