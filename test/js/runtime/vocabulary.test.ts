// Both sides of the native boundary speak of the same things: words, layouts, versions.
import { readFileSync } from 'node:fs';
import { backendInfo, capabilities, Capability, type Engine, loadEngine, version } from 'lacuna';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Core } from '../../../bindings/core.js';
import { CONDITIONS_FIELDS, LINE_FIELDS, QUERY_FIELDS } from '../../../src/ts/local/answer.js';
import { BOUND_KINDS, METHODS, PRECONDITIONERS, REASONS, STATUSES, WAYS } from '../../../src/ts/native/codes.js';
import { textAt } from '../../../src/ts/native/text.js';
import { SETUP_FIELDS, SOLVE_FIELDS } from '../../../src/ts/report.js';
import { VARIANTS } from '../support/engines.js';

describe.each(VARIANTS)('%s', (variant) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await loadEngine({ variant });
  });
  afterAll(() => engine.dispose());

  it.each([
    ['statuses', STATUSES, (core: Core, code: number) => core.statusName(code)],
    ['reasons', REASONS, (core: Core, code: number) => core.reasonName(code)],
    ['methods', METHODS, (core: Core, code: number) => core.methodName(code)],
    ['preconditioners', PRECONDITIONERS, (core: Core, code: number) => core.preconditionerName(code)],
    ['ways', WAYS, (core: Core, code: number) => core.wayName(code)],
    ['bounds', BOUND_KINDS, (core: Core, code: number) => core.boundKindName(code)],
  ] as const)('the words of %s are those of the core, and no more', (_, words, addressOf) => {
    const core = engine.core();
    const nameOf = (code: number): string => textAt(core, addressOf(core, code));
    expect(words.map((_word, code) => nameOf(code))).toEqual(words);
    const strangers = [nameOf(words.length), nameOf(words.length + 1), nameOf(-1)];
    for (const name of strangers) expect(words).not.toContain(name);
    expect(new Set(strangers).size).toBe(1);
  });

  it('reports have as many fields as the core writes', () => {
    expect(engine.core().solveReportFields()).toBe(SOLVE_FIELDS);
    expect(engine.core().setupReportFields()).toBe(SETUP_FIELDS);
    expect(engine.core().queryReportFields()).toBe(QUERY_FIELDS);
    expect(engine.core().lineReportFields()).toBe(LINE_FIELDS);
    expect(engine.core().conditionsReportFields()).toBe(CONDITIONS_FIELDS);
  });

  it('says what it is', () => {
    const simd = variant === 'simd';
    expect(engine.variant).toBe(variant);
    expect(engine.backendInfo()).toEqual(simd ? { backend: 'simd128', width: 2 } : { backend: 'scalar', width: 1 });
    expect(engine.capabilities()).toBe((simd ? 0x01 : 0) | 0x04 | 0x08 | 0x10 | 0x20);
    // Reserved for what is not built yet.
    expect(engine.capabilities() & Capability.thompsonSampling).toBe(0);
    const { version: expected } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
    expect(engine.version()).toBe(expected);
  });
});

it('the top-level functions speak for the default engine', async () => {
  expect(await version()).toMatch(/^\d+\.\d+\.\d+$/);
  expect(await capabilities()).toBe(0x01 | 0x04 | 0x08 | 0x10 | 0x20);
  expect(await backendInfo()).toEqual({ backend: 'simd128', width: 2 });
});
