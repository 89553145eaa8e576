import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Miniflare } from 'miniflare';
import { expect, inject, test } from 'vitest';
import { markdownBlocks, readFromRoot } from '../support/code-blocks.js';
import { launchChromium } from './support/chromium.js';
import { runProgram } from './support/process.js';
import { serve } from './support/server.js';
import { bundleWorker } from './support/worker.js';

// A comment above each block says where it runs.
const consumer = inject('consumer');
const blocks = markdownBlocks(readFromRoot('README.md'), 'README.md');
const run = (where: string) => blocks.filter((block) => block.run === where);

/** What the comments behind console.log calls say it prints. */
function promised(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\);\s*\/\/ (.*)/g)].map(([, text]) => text!.trim());
}

test('every block of JavaScript or HTML says where it runs', () => {
  const silent = blocks.filter(({ run: where, language }) => where === undefined && language !== 'sh');
  expect(silent).toEqual([]);
  expect(new Set(blocks.map(({ run: where }) => where))).toEqual(new Set([undefined, 'node', 'browser', 'worker']));
});

test.each(run('node'))('Node, $place', async ({ code, place }) => {
  const file = join(consumer, `readme-${place.replace(/\W+/g, '-')}.mjs`);
  writeFileSync(file, code);
  const { code: exit, stdout, stderr } = await runProgram(process.execPath, [file], { cwd: consumer });
  expect(exit, stderr).toBe(0);
  expect(promised(code).length).toBeGreaterThan(0);
  expect(stdout.trim().split('\n')).toEqual(promised(code));
});

test.each(run('browser'))('Chromium, $place', async ({ code }) => {
  const site = join(consumer, 'readme-site');
  mkdirSync(site, { recursive: true });
  symlinkSync(join(consumer, 'node_modules/lacuna'), join(site, 'lacuna'));
  writeFileSync(join(site, 'index.html'), `<!doctype html><link rel="icon" href="data:,">${code}`);
  const title = /document\.title = .*\/\/ (.*)/.exec(code)?.[1]?.trim();
  expect(title).toBeDefined();
  const server = await serve(site);
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(`${server.origin}/index.html`);
    await expect.poll(() => page.title(), { timeout: 30_000 }).toBe(title);
  } finally {
    await browser.close();
    await server.close();
  }
});

test.each(run('worker'))('workerd, $place', async ({ code }) => {
  const miniflare = new Miniflare({ modules: await bundleWorker(code, consumer), compatibilityDate: '2025-05-05', cf: false });
  try {
    const response = await miniflare.dispatchFetch('http://localhost/');
    const { x, converged } = (await response.json()) as { x: number[]; converged: boolean };
    // L + 0.1·I on a cycle of four: the sum of the solution is 1 / 0.1.
    expect(converged).toBe(true);
    expect(Math.abs(x.reduce((sum, value) => sum + value, 0) - 10)).toBeLessThan(1e-8);
  } finally {
    await miniflare.dispose();
  }
});
