/**
 * What the part for graphs takes from the rest, of which there must be only one: scripts/build.mjs makes
 * that part a file of its own, which is handed these when it is loaded.
 */
export { LacunaError } from '../errors.js';
export { SparseMatrix } from '../matrix.js';
export { DANGLING, REASONS, type Status, STATUSES, word } from '../native/codes.js';
export { failure } from '../native/failures.js';
export type { Host } from '../native/instance.js';
export { instantiate } from '../native/module.js';
export { Resources } from '../native/resources.js';
export { complete, runSteps, settle, type Steps } from '../native/run-task.js';
export { marshal } from '../native/setup.js';
export { DOUBLE, doubles } from '../native/spans.js';
export { type AsyncControls, checkChoice, checkControls, checkNumber, CONTROL_KEYS } from '../options.js';
export { isSparse, sparseParts, type SparseVector } from '../rhs.js';
export type { EdgeList } from '../sparse/edges.js';
export { asVector, checkFlag, checkIndex, checkList, checkOptions, checkSize, copyIds, describe } from '../sparse/validate.js';
export { Graph, makeGraph, resourcesOf } from './graph.js';
