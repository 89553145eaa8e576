import type { NativeFactor } from '#factor-core';
import type { Variant } from '../load/platform.js';
import { doubles, METHODS, type NativeModule, ORDERINGS, REASONS, word } from '../shared.js';
import type { FactorMethod, FactorOrdering } from './options.js';
import type { Analysis, FactorReport, FactorSolveReport } from './report.js';

/** Doubles of a factor's report and of a solve's, as in factor.hpp and factor_task.hpp. */
export const REPORT_FIELDS = 23;
const SCALARS = 11;
const HISTORY = 10;
const MIXED = SCALARS + 2 * (HISTORY + 1);
export const SOLVE_FIELDS = MIXED + 2;
export const PRECISIONS = ['double', 'mixed', 'auto'] as const;
const FALLBACKS = [undefined, 'method', 'breakdown', 'ill-conditioned', 'columns'] as const;

/** What is the same in every report of a factor. */
export interface FactorContext {
  readonly variant: Variant;
  readonly rows: number;
  readonly cols: number;
  readonly analyzeTime: number;
  readonly factorTime: number;
}

/** The report of a factor, which may not be complete yet. */
export function reportOf(core: NativeModule, native: NativeFactor, context: FactorContext): FactorReport {
  const fields = doubles(core, native.report(), REPORT_FIELDS);
  const known = <K extends string>(name: K, field: number) => (fields[field]! >= 0 ? { [name]: fields[field]! } : {});
  const { variant, rows, cols, analyzeTime, factorTime } = context;
  const fallback = FALLBACKS[fields[21]!];
  return {
    method: word(METHODS, fields[0]!) as FactorMethod,
    ordering: word(ORDERINGS, fields[1]!) as FactorOrdering,
    variant,
    rows,
    cols,
    nnz: fields[13]!,
    ...known('factorNnz', 2),
    ...known('factorFlops', 3),
    ...known('solveFlops', 4),
    ...known('peakBytes', 5),
    ...known('supernodes', 6),
    ...known('rank', 7),
    ...known('pivotGrowth', 8),
    ...(fields[14]! >= 0 && { inertia: { positive: fields[14]!, negative: fields[15]!, zero: fields[16]! } }),
    ...known('twoByTwoPivots', 17),
    ...known('delayedPivots', 18),
    ...known('perturbedPivots', 19),
    precision: fields[20]! === 1 ? 'mixed' : 'double',
    ...(fallback && { fallback }),
    ...known('scaledCondition', 22),
    analyses: fields[9]!,
    factorizations: fields[10]!,
    changes: fields[12]!,
    analyzeTime,
    factorTime,
  };
}

/** What the analysis alone says. */
export function analysisOf(report: FactorReport): Analysis {
  const { variant, solveFlops, rank, pivotGrowth, inertia, twoByTwoPivots, delayedPivots, perturbedPivots, precision, fallback, scaledCondition, analyses, factorizations, changes, factorTime, ...analysis } = report;
  return analysis;
}

/** Reads the report of a solve. */
export function readSolve(fields: Float64Array, method: FactorMethod, solveTime: number): FactorSolveReport {
  const [reason, converged, residualNorm, , relativeResidual, normwise, componentwise, normal, steps, flops, forward] = fields;
  const refinement = Array.from({ length: steps! + 1 }, (_, k) => ({
    normwise: fields[SCALARS + 2 * k]!,
    componentwise: fields[SCALARS + 2 * k + 1]!,
  }));
  return {
    method,
    converged: converged === 1,
    reason: word(REASONS, reason!),
    residualNorm: residualNorm!,
    relativeResidual: relativeResidual!,
    backwardError: { normwise: normwise!, componentwise: componentwise! },
    refinement,
    ...(normal! >= 0 && { normalResidual: normal! }),
    ...(forward! >= 0 && { forwardError: forward! }),
    ...(fields[MIXED]! >= 0 && { mixed: { corrections: fields[MIXED]!, iterations: fields[MIXED + 1]! } }),
    flops: flops!,
    solveTime,
  };
}
