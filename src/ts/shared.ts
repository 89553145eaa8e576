/**
 * What the parts that are loaded when asked for take from the rest, of which there must be only one:
 * scripts/build.mjs makes each part a file of its own, which is handed these. Here, so that a part
 * imports nothing else from outside of its folder.
 */
export { makeScoped } from './dispose.js';
export { LacunaError } from './errors.js';
export { ADDRESSABLE } from './load/given.js';
export { Graph } from './graph/graph.js';
export { consult } from './local/kept-rhs.js';
export { RowSolver } from './local/row-solver.js';
export { bring } from './local/run-local.js';
export { newTrackedEntry } from './local/tracked.js';
export { SparseMatrix } from './matrix.js';
export { DANGLING, METHODS, ORDERINGS, PRECONDITIONERS, REASONS, ROWS, SIGNS, type Status, STATUSES, word } from './native/codes.js';
export { failure } from './native/failures.js';
export type { NativeModule } from '#core';
export type { Host } from './native/instance.js';
export { Held } from './native/held.js';
export { instantiate } from './native/module.js';
export { Resources } from './native/resources.js';
export { complete, runSteps, settle, type Steps } from './native/run-task.js';
export { marshal } from './native/setup.js';
export { variantOf } from './native/variants.js';
export { asDoubles, DOUBLE, doubles, Span } from './native/spans.js';
export { type AsyncControls, checkChoice, type CheckedControls, checkControls, checkNonNegative, checkNumber, checkOrdering, CONTROL_KEYS } from './options.js';
export { checkedVector, isSparse, sparseParts, type SparseVector } from './rhs.js';
export type { EdgeList } from './sparse/edges.js';
export { asVector, checkFlag, checkIndex, checkList, checkOptions, checkSize, checkLength, checkObject, copyIds, copyIndices, describe, MAX_SIZE } from './sparse/validate.js';
export { textAt } from './native/text.js';
export { patternDifference, valuesOf } from './update.js';
