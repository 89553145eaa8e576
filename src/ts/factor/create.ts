import type { FactorCore, NativeFactor } from '#factor-core';
import type { LoadOptions } from '../load/platform.js';
import {
  ADDRESSABLE,
  type AsyncControls,
  checkChoice,
  checkControls,
  checkLength,
  checkNumber,
  checkOptions,
  checkOrdering,
  CONTROL_KEYS,
  copyIndices,
  describe,
  type Host,
  LacunaError,
  marshal,
  METHODS,
  ORDERINGS,
  Resources,
  settle,
  SparseMatrix,
  STATUSES,
  variantOf,
  word,
} from '../shared.js';
import { type Limits, taskFailed } from './failures.js';
import type { Factor } from './factor.js';
import { ANALYZE, FACTORIZE, MatrixFactor } from './matrix-factor.js';
import type { FactorizeOptions, FactorOptions } from './options.js';
import { analysisOf, PRECISIONS } from './read.js';
import type { Analysis } from './report.js';

const KEYS = ['method', 'ordering', 'maxFlops', 'maxBytes', 'precision', ...CONTROL_KEYS] as const;
/** Part of a set-up that the analysis is told to be, as in factor.cpp. */
const ANALYSIS_SHARE = 0.2;
const GIVEN = ORDERINGS.indexOf('given');

interface Request {
  readonly method: number;
  readonly ordering: number;
  readonly permutation: Int32Array | undefined;
  readonly limits: Limits;
  readonly precision: number;
}

function checkRequest(options: FactorOptions, cols: number, left: number): Request {
  const { ordering, maxBytes } = options;
  const permutation = typeof ordering === 'object' && ordering !== null ? copyIndices('options.ordering', ordering, cols) : undefined;
  if (permutation !== undefined) checkLength('options.ordering', permutation, cols, 'one for each column of the matrix');
  const positive = (v: number): boolean => v > 0;
  return {
    method: checkChoice('method', options.method, METHODS.slice(0, 5)),
    ordering: permutation === undefined ? checkOrdering(ordering) : GIVEN,
    permutation,
    limits: {
      maxFlops: checkNumber('maxFlops', options.maxFlops, Infinity, 'a positive number', positive),
      maxBytes: Math.min(checkNumber('maxBytes', maxBytes, Infinity, 'a positive number', positive), left),
      named: maxBytes !== undefined && maxBytes <= left,
    },
    precision: checkChoice('precision', options.precision, PRECISIONS),
  };
}

/** Copies A and the permutation into linear memory. */
function prepare(core: FactorCore, A: SparseMatrix, { method, ordering, permutation, limits, precision }: Request): Resources<NativeFactor> {
  const matrix = new core.NativeMatrix();
  const resources = new Resources(core, new core.NativeFactor());
  const { native } = resources;
  let ready = false;
  try {
    marshal(core, matrix, A);
    const sealed = word(STATUSES, matrix.seal());
    if (sealed !== 'ok') throw taskFailed(sealed, 'A', 'auto', matrix.faultPosition());
    const length = permutation?.length ?? 0;
    const order = resources.span(Math.max(1, Math.ceil(length / 2)));
    if (permutation !== undefined) core.HEAP32.set(permutation, order.address / Int32Array.BYTES_PER_ELEMENT);
    const created = word(STATUSES, native.create(matrix, method, ordering, order.address, length, limits.maxFlops, limits.maxBytes, precision));
    resources.free(order);
    if (created === 'invalid-argument') {
      const position = native.faultPosition();
      throw new LacunaError('invalid-argument', `names column ${permutation?.[position]} twice`, {
        argument: 'options.ordering',
        position,
        remedy: 'Name every column once',
      });
    }
    if (created !== 'ok') throw taskFailed(created, 'A', word(METHODS, method), native.faultPosition());
    ready = true;
    return resources;
  } finally {
    matrix.delete();
    if (!ready) resources.release();
  }
}

/** Makes a factor of A and works on it as far as asked; everything is given back if that fails. */
async function setUp(
  host: Host<FactorCore>,
  load: LoadOptions,
  A: SparseMatrix,
  options: FactorizeOptions | undefined,
  numbers: boolean,
): Promise<MatrixFactor> {
  const given = checkOptions<FactorizeOptions>(options, KEYS);
  const controls = checkControls(given);
  const factor = make(host, load, A, given);
  return attempt(factor, async () => {
    await settle(factor.work(ANALYZE, numbers ? ANALYSIS_SHARE : 1, controls));
    if (numbers) await settle(factor.work(FACTORIZE, 1, controls));
  });
}

/** A factor that has its matrix, and nothing else. */
function make(host: Host<FactorCore>, { memoryLimit = ADDRESSABLE }: LoadOptions, A: SparseMatrix, options: FactorOptions): MatrixFactor {
  const core = host.core();
  const request = checkRequest(options, A.cols, memoryLimit - core.usedBytes());
  const context = { variant: variantOf(core), rows: A.rows, cols: A.cols, analyzeTime: 0, factorTime: 0 };
  return new MatrixFactor(host, host.run(() => prepare(core, A, request)), context, request.limits);
}

/** The factor after some work, which is disposed of where that fails. */
async function attempt(factor: MatrixFactor, work: () => Promise<void>): Promise<MatrixFactor> {
  try {
    await work();
    return factor;
  } catch (error) {
    factor.dispose();
    throw error;
  }
}

/** Factors A: see the top-level `factorize`. */
export function newFactor(host: Host<FactorCore>, load: LoadOptions, A: SparseMatrix, options?: FactorizeOptions): Promise<Factor> {
  return setUp(host, load, A, options, true);
}

/** A factor of A whose numbers come as bytes: see the top-level `importFactor`. */
export async function factorFrom(
  host: Host<FactorCore>,
  load: LoadOptions,
  A: SparseMatrix,
  bytes: Uint8Array,
  options?: AsyncControls,
): Promise<Factor> {
  const controls = checkControls(checkOptions<AsyncControls>(options, CONTROL_KEYS));
  if (!(bytes instanceof Uint8Array)) {
    throw new LacunaError('invalid-argument', `must be a Uint8Array, got ${describe(bytes)}`, { argument: 'bytes' });
  }
  const factor = make(host, load, A, {});
  return attempt(factor, () => settle(factor.import(bytes, controls)));
}

/** What a factorization of A would take: see the top-level `analyze`. */
export async function analysis(host: Host<FactorCore>, load: LoadOptions, A: SparseMatrix, options?: FactorizeOptions): Promise<Analysis> {
  const factor = await setUp(host, load, A, options, false);
  const { report } = factor;
  factor.dispose();
  return analysisOf(report);
}
