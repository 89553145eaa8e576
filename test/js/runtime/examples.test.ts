// Every example in the doc comments runs, and prints what it says that it prints.
import { transform } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../support/child.js';
import { type CodeBlock, docExamples, readFromRoot, sourceFiles } from '../support/code-blocks.js';

interface Printed {
  /** Line of the block and text of each call of console.log. */
  lines: [line: number, text: string][];
}

/** What console.log would print on one line. */
const PRINT = `
  import { inspect as $inspect } from 'node:util';
  const $lines = [];
  const $print = (line, ...values) => {
    const text = values.map((value) => (typeof value === 'string' ? value : $inspect(value, { breakLength: Infinity, compact: true })));
    $lines.push([line, text.join(' ')]);
  };`;

/** Spaces and lengths of arrays are a matter of taste. */
const plain = (text: string): string => text.replaceAll(/Array\(\d+\)/g, 'Array').replaceAll(/\s+/g, '');

/** The comment that ends a line of console.log. */
function promised(line: string): string | undefined {
  return /console\.log\(.*\);\s*\/\/\s*(.*)$/.exec(line)?.[1];
}

async function run(code: string, language: string, more = ''): Promise<Printed> {
  const numbered = code
    .split('\n')
    .map((line, k) => line.replaceAll('console.log(', `$print(${k}, `))
    .join('\n');
  const { code: compiled } = await transform(numbered, { loader: language === 'ts' ? 'ts' : 'js', target: 'node20', format: 'esm' });
  return evaluate<Printed>(`${PRINT}\n${compiled}\n${more}\nconsole.log(JSON.stringify({ lines: $lines }));`);
}

async function expectAsPromised({ code, language }: CodeBlock): Promise<number> {
  const { lines } = await run(code, language);
  let compared = 0;
  for (const [k, line] of code.split('\n').entries()) {
    const text = promised(line);
    if (text === undefined) continue;
    const printed = lines.filter(([at]) => at === k);
    expect(printed.length, `line ${k + 1} must be reached: ${line.trim()}`).toBeGreaterThan(0);
    for (const [, found] of printed) expect(plain(found), line.trim()).toBe(plain(text));
    compared++;
  }
  return compared;
}

describe.concurrent('doc comments', () => {
  const examples = sourceFiles().flatMap((file) => docExamples(readFromRoot(file), file));

  it('are found', () => {
    expect(examples.length).toBeGreaterThan(20);
    expect(new Set(examples.map(({ place }) => place)).size).toBe(examples.length);
  });

  it.each(examples.map((example) => ({ ...example, example })))('$place', async ({ example }) => {
    expect(await expectAsPromised(example), 'an example that shows nothing').toBeGreaterThan(0);
  });
});
