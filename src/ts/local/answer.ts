import { BOUND_KINDS, DOMINANCES, REASONS, SIGNS, WAYS, word } from '../native/codes.js';
import type { Reason } from '../report.js';
import type { QueryMethod } from './query-options.js';

/** The theorem that a bound rests on; rounding is included in each. s and r are residuals of A. */
export type Certificate = Exclude<(typeof BOUND_KINDS)[number], 'none'>;

/** What was done for an answer, counted. */
export interface QueryWork {
  /** Distinct rows and columns of A that were read. */
  readonly rows: number;
  /** Entries of A that were read, every reading counted. */
  readonly entries: number;
  readonly pushes: number;
  /** Random walks, and the steps of all of them. */
  readonly walks: number;
  readonly steps: number;
  /** Unknowns that have a value or a residual. */
  readonly touched: number;
  /** Bytes that were touched: entries, rows and the state of the push. */
  readonly bytes: number;
  /** Cost foreseen after the first stretch, null where that was already the end. */
  readonly predicted: number | null;
  /** Cost, in entries that a push moves (about 25 ns each, all else included): counted, not timed. */
  readonly cost: number;
  /** Times the plan was changed. */
  readonly switches: number;
}

/** A single number tᵀA⁻¹b with what is known of its error. */
export interface Answer {
  readonly value: number;
  /**
   * A proven bound on |value − tᵀA⁻¹b|; with `confidence` below 1 one that holds with that
   * probability. Null where no theorem holds: `why` says why.
   */
  readonly bound: number | null;
  /** The truth lies between these, as certainly as `bound` holds; infinite where there is none. */
  readonly lower: number;
  readonly upper: number;
  /** Probability with which `bound`, `lower` and `upper` hold: 1 is a proof. */
  readonly confidence: number;
  /** Whether there is a bound, and it is at most `target`. */
  readonly converged: boolean;
  /**
   * Why the query ended: `'converged-rtol'`, `'converged-atol'`, `'direct'` (by a full solve or a factor),
   * `'budget'`, `'cancelled'`, `'stagnated'` (rounding allows no more), `'no-certificate'`.
   */
  readonly reason: Reason;
  /** The way that ran; the last one where the plan was changed. */
  readonly method: QueryMethod;
  /**
   * Theorem behind the bound: `'adjoint'` Σ|sᵥ|wᵥ·‖b‖∞, `'bracket'` the same for M-matrices with the
   * range of b, `'product'` two residuals that multiply, `'columns'` ‖s‖∞·Σ|bᵥ|uᵥ, `'bernstein'` an
   * interval of sampled walks, `'residual'` ‖r‖∞·w of a full solution, `'backward'` η/(1 − η)·w·‖b‖∞
   * by the backward error η of a factor (Higham 2002, §10.1); weights w and u have ⟨A⟩w ≥ 1, ⟨Aᵀ⟩u ≥ 1 (Ostrowski 1937; Varah 1975). Null where there is no bound.
   */
  readonly certificate: Certificate | null;
  /** Why there is no bound; absent where there is one. */
  readonly why?: string;
  /** max(atol, rtol·|value|): what the bound was to be. */
  readonly target: number;
  readonly work: QueryWork;
  /** Milliseconds, copies included; of several answers in one call, its share. */
  readonly time: number;
}

/** A row or column of A⁻¹ as its entries that are not zero, with a certificate for all the others too. */
export interface InverseLine {
  /** Ascending; with `values` it can be given as a right-hand side. */
  readonly indices: Float64Array;
  readonly values: Float64Array;
  /** A proven bound on the error of every entry, those not listed included; null where no theorem holds. */
  readonly bound: number | null;
  /** A proven bound on the sum of the errors of all entries; null where no theorem holds. */
  readonly bound1: number | null;
  /** Whether there is a `bound`, and it is at most `target`. */
  readonly converged: boolean;
  /** As {@link Answer.reason}. */
  readonly reason: Reason;
  /** Theorem behind `bound`, as {@link Answer.certificate}. */
  readonly certificate: Certificate | null;
  /** Why there is no bound; absent where there is one. */
  readonly why?: string;
  /** max(atol, rtol·largest entry): what the bound was to be. */
  readonly target: number;
  readonly work: Pick<QueryWork, 'rows' | 'entries' | 'pushes' | 'touched' | 'bytes' | 'cost'>;
  /** Milliseconds, copies included. */
  readonly time: number;
}

/** What a query would take. */
export interface WorkEstimate {
  /**
   * `'local'`: a push that reads fewer entries than the matrix has; `'sampling'`: walks, whose number
   * the accuracy decides; `'saturated'`: a push that comes to cover the matrix and sweeps over it;
   * `'full'`: one full solve.
   */
  readonly complexity: 'local' | 'sampling' | 'saturated' | 'full';
  /** The way that is foreseen to be cheapest, or that was named. */
  readonly method: QueryMethod;
  /** Cost foreseen for the whole query, in the unit of {@link QueryWork.cost}. */
  readonly predicted: number;
  /** Cost of finding that out. */
  readonly spent: number;
  /** What one unit is. */
  readonly unit: 'entries';
  /**
   * How fast a further digit gets dearer, fitted: digits per unit of work fall like cost^−exponent,
   * 0 for a covered matrix, up to 1 on grids and meshes, 1 on expanders. Null after too little work.
   */
  readonly exponent: number | null;
}

/** What is known of one side of a matrix. */
export interface SideConditions {
  /**
   * `'strict'`: every row (column) is strictly dominant; `'scaled'`: not as it stands, but with a
   * diagonal scaling that was found; `'declared'` by you; `'none'`: no bound comes from this side.
   */
  readonly dominance: (typeof DOMINANCES)[number];
  /** min |aᵢᵢ| − Σ|aᵢⱼ|, lowered by its rounding; negative where not dominant, null where not measured. */
  readonly margin: number | null;
  /** max Σ|aᵢⱼ|/|aᵢᵢ|: what a sweep leaves of a residual at the most; null where not bounded. */
  readonly contraction: number | null;
  /** The largest of the weights w with ⟨A⟩w ≥ 1: 1/margin or better; null where there are none. */
  readonly weight: number | null;
}

/** What local methods and their bounds rest on, measured. */
export interface Conditions {
  /**
   * The strongest that holds: `'laplacian'` (symmetric, no positive entry off the diagonal, row sums
   * 0), `'m-matrix'` (positive diagonal, no positive entry off it), `'positive'` (positive diagonal),
   * `'general'`.
   */
  readonly signs: (typeof SIGNS)[number];
  /** Aᵀ = A to the last bit. */
  readonly symmetric: boolean;
  readonly rows: SideConditions;
  readonly columns: SideConditions;
  /** Power steps that were taken to find a scaling. */
  readonly powerSteps: number;
  /** Entries a row, off the diagonal. */
  readonly meanDegree: number;
  /** First row that is not strictly dominant, null where all are. */
  readonly firstWeakRow: number | null;
}

/** Doubles of the reports of query.hpp, inverse_line.hpp and the bindings. */
export const QUERY_FIELDS = 21;
export const LINE_FIELDS = 12;
export const CONDITIONS_FIELDS = 13;
/** Places in a query report. */
export const REASON = 1;
export const PREDICTED = 16;
const COST = 17;
const EXPONENT = 18;

const known = (value: number): number | null => (value >= 0 ? value : null);
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** What answers of all kinds have in common. */
function certified(bound: number, kind: number, reason: number, converged: number, target: number, time: number, why: () => string) {
  return {
    bound: known(bound),
    converged: converged === 1,
    reason: word(REASONS, reason),
    ...(bound >= 0 ? { certificate: word(BOUND_KINDS, kind) as Certificate } : { certificate: null, why: why() }),
    target,
    time,
  };
}

export function readAnswer(report: Float64Array, time: number, why: () => string): Answer {
  const [way, reason, converged, value, bound, kind, confidence, lower, upper, target, ...work] = report;
  const [rows, entries, pushes, walks, steps, bytes, predicted, cost, , switches, touched] = work;
  return {
    value: value!,
    ...certified(bound!, kind!, reason!, converged!, target!, time, why),
    lower: lower!,
    upper: upper!,
    confidence: confidence!,
    method: word(WAYS, way!) as QueryMethod,
    work: {
      rows: rows!,
      entries: entries!,
      pushes: pushes!,
      walks: walks!,
      steps: steps!,
      touched: touched!,
      bytes: bytes!,
      predicted: known(predicted!),
      cost: cost!,
      switches: switches!,
    },
  };
}

/** What was foreseen, for a matrix of `nnz` entries. */
export function readEstimate(report: Float64Array, nnz = Infinity): WorkEstimate {
  const method = word(WAYS, report[0]!) as QueryMethod;
  const spent = report[COST]!;
  const predicted = known(report[PREDICTED]!) ?? spent;
  const push = predicted < nnz ? 'local' : 'saturated';
  return {
    complexity: method === 'full' ? method : method === 'walks' || method === 'bidirectional' ? 'sampling' : push,
    method,
    predicted,
    spent,
    unit: 'entries',
    exponent: known(report[EXPONENT]!),
  };
}

export function readLine(report: Float64Array, indices: Float64Array, values: Float64Array, time: number, why: () => string): InverseLine {
  const [reason, converged, bound, bound1, kind, target, rows, entries, pushes, bytes, touched, cost] = report;
  return {
    indices,
    values,
    ...certified(bound!, kind!, reason!, converged!, target!, time, why),
    bound1: known(bound1!),
    work: { rows: rows!, entries: entries!, pushes: pushes!, touched: touched!, bytes: bytes!, cost: cost! },
  };
}

/** Reads the conditions report at an index of the heap. */
export function readConditions(heap: Float64Array, at: number): Conditions {
  const side = (column: number): SideConditions => ({
    dominance: word(DOMINANCES, heap[at + 6 + column]!),
    margin: finite(heap[at + 2 + column]!),
    contraction: finite(heap[at + 4 + column]!),
    weight: finite(heap[at + 8 + column]!),
  });
  return {
    signs: word(SIGNS, heap[at]!),
    symmetric: heap[at + 1] === 1,
    rows: side(0),
    columns: side(1),
    powerSteps: heap[at + 10]!,
    meanDegree: heap[at + 11]!,
    firstWeakRow: known(heap[at + 12]!),
  };
}
