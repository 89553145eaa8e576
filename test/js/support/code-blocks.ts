import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from '../package/support/process.js';

/** A piece of code in a text, and where it stands. */
export interface CodeBlock {
  readonly place: string;
  readonly language: string;
  readonly code: string;
  /** What an HTML comment right above the block says after "run:". */
  readonly run?: string;
}

/** The blocks of a Markdown text. */
export function markdownBlocks(text: string, file: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const fence = /(?:<!--\s*run:\s*([a-z]+)\s*-->\n)?^```([a-z]+)\n([\s\S]*?)^```$/gm;
  for (const { 1: run, 2: language, 3: code, index } of text.matchAll(fence)) {
    const line = text.slice(0, index).split('\n').length;
    blocks.push({ place: `${file}:${line}`, language: language!, code: code!, ...(run !== undefined && { run }) });
  }
  return blocks;
}

/** The examples in the doc comments of a source file. */
export function docExamples(text: string, file: string): CodeBlock[] {
  const examples: CodeBlock[] = [];
  for (const { 0: comment, index } of text.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    if (!comment.includes('@example')) continue;
    const body = comment.replaceAll(/^[ \t]*\*(?: |$)/gm, '');
    const name = /^\s*(?:export )?(?:default |async |abstract |static |readonly )*(?:(?:function\*?|class|const|interface|type|get) )?\s*(\w+)/.exec(text.slice(index + comment.length))?.[1];
    for (const block of markdownBlocks(body.slice(body.indexOf('@example')), file)) examples.push({ ...block, place: `${file} ${name}` });
  }
  return examples;
}

/** The TypeScript files of the library, relative to the root. */
export function sourceFiles(): string[] {
  return readdirSync(join(root, 'src', 'ts'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => relative(root, join(root, 'src', 'ts', name)))
    .sort();
}

export function readFromRoot(name: string): string {
  return readFileSync(join(root, name), 'utf8');
}
