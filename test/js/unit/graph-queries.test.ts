import { describe, expect, it } from 'vitest';
import { checkedSettings, QUERIES, type Query, type QueryName } from '../../../src/ts/graph/queries.js';
import { expectError } from '../support/errors.js';

/** The least that a query must be told. */
const NEEDED: Partial<Record<QueryName, object>> = { katz: { alpha: 0.25 }, katzOf: { alpha: 0.25 }, heatKernel: { time: 2 } };
const each = Object.entries(QUERIES) as [QueryName, Query][];

describe.each(each)('options of %s', (name, query) => {
  const needed = NEEDED[name] ?? {};

  it('cross as numbers in the order of their names', () => {
    const expected = Object.entries(query.options).map(([key, value]) => (key === 'dangling' ? 0 : ((needed as Record<string, number>)[key] ?? value)));
    expect(checkedSettings(query, needed, false)).toEqual(expected);
  });

  it('are refused by name', () => {
    expectError(() => checkedSettings(query, { ...needed, tol: 1 }, true), 'invalid-option', 'options.tol');
    expectError(() => checkedSettings(query, { ...needed, slice: 1 }, false), 'invalid-option', 'options.slice');
    expect(checkedSettings(query, { ...needed, slice: 1 }, true)).toHaveLength(Object.keys(query.options).length);
    for (const key of Object.keys(query.options)) {
      for (const value of key === 'maxEntries' ? [NaN, -1, 0] : [NaN, -1, Infinity, '1']) {
        expectError(() => checkedSettings(query, { ...needed, [key]: value }, false), 'invalid-option', `options.${key}`);
      }
    }
  });
});

it('options without a default must be given', () => {
  for (const [name, options] of Object.entries(NEEDED)) {
    expectError(() => checkedSettings(QUERIES[name as QueryName], {}, false), 'invalid-option', `options.${Object.keys(options)[0]}`);
  }
});

it('walks go anywhere only where the whole graph is visited', () => {
  expect(checkedSettings(QUERIES.pagerank, { dangling: 'uniform' }, false).at(-1)).toBe(2);
  expect(checkedSettings(QUERIES.topK, { dangling: 'self' }, false).at(-1)).toBe(1);
  expectError(() => checkedSettings(QUERIES.topK, { dangling: 'uniform' }, false), 'invalid-option', 'options.dangling');
});
