import { createHash } from 'node:crypto';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { launchChromium, openPage } from './support/chromium.js';
import { root } from './support/process.js';
import { serve, type StaticServer } from './support/server.js';

const example = join(root, 'examples/graph-explorer');
let browser: Browser;
let server: StaticServer;

beforeAll(async () => {
  const site = join(inject('consumer'), 'graph-explorer');
  cpSync(example, site, { recursive: true });
  cpSync(join(inject('consumer'), 'node_modules/lacuna/dist'), join(site, 'lacuna/dist'), { recursive: true });
  // An import map is an inline script: a strict policy names it by its hash.
  const map = /<script type="importmap">(.*?)<\/script>/s.exec(readFileSync(join(site, 'index.html'), 'utf8'))![1]!;
  const hash = createHash('sha256').update(map).digest('base64');
  const csp = `default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'sha256-${hash}'; style-src 'self'; connect-src 'self'; img-src data:`;
  server = await serve(site, { csp });
  browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

interface Shown {
  vertex: number;
  value: number;
  bound: number;
  touched: number;
  full: number;
  comparison: string;
}

/** What the page shows, NaN for what is not there yet. */
function shown(page: Page): Promise<Shown> {
  return page.evaluate(() => {
    const text = (id: string) => document.getElementById(id)!.textContent!;
    const data = (id: string) => Number.parseFloat((document.getElementById(id) as HTMLDataElement).value);
    return {
      vertex: data('vertex'),
      value: data('value'),
      bound: data('bound'),
      touched: Number(text('touched').replaceAll(',', '')),
      full: data('full'),
      comparison: text('comparison'),
    };
  });
}

/** What it shows once that is so. */
async function until(page: Page, holds: (now: Shown) => boolean): Promise<Shown> {
  await expect.poll(async () => holds(await shown(page)), { timeout: 60_000 }).toBe(true);
  return shown(page);
}

test('a click on the graph of 100,000 vertices gives a value within a bound that holds', async () => {
  const { page, noise } = await openPage(browser, `${server.origin}/index.html#vertex=53283&digits=4`);
  await page.setViewportSize({ width: 1280, height: 800 });
  const coarse = await until(page, ({ value }) => Number.isFinite(value));
  expect(coarse.vertex).toBe(53_283);
  expect(coarse.bound).toBeGreaterThan(0);
  expect(coarse.bound).toBeLessThanOrEqual(1e-4);

  await page.locator('#digits').fill('8');
  const fine = await until(page, ({ bound }) => bound <= 1e-8);
  expect(Math.abs(fine.value - coarse.value)).toBeLessThanOrEqual(fine.bound + coarse.bound);
  expect(fine.touched).toBeGreaterThan(coarse.touched);
  expect(fine.touched).toBeLessThan(10_000);

  await page.locator('#map').click({ position: { x: 250, y: 250 } });
  const clicked = await until(page, ({ vertex }) => vertex !== 53_283);
  expect(new URL(page.url()).hash).toBe(`#vertex=${clicked.vertex}&digits=8`);
  expect(clicked.bound).toBeLessThanOrEqual(1e-8);
  expect(clicked.value).toBeGreaterThan(clicked.bound);

  await page.locator('#solve').click();
  const compared = await until(page, ({ full }) => Number.isFinite(full));
  expect(Math.abs(compared.value - compared.full)).toBeLessThanOrEqual(compared.bound);
  expect(compared.comparison).toContain('within the bound');

  await page.locator('#map').press('ArrowRight');
  const neighbor = await until(page, ({ vertex }) => vertex !== clicked.vertex);
  expect(Math.abs(neighbor.value - neighbor.full)).toBeLessThanOrEqual(neighbor.bound);
  expect(neighbor.full).not.toBe(compared.full);
  expect(noise).toEqual([]);
});
