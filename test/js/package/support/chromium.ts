import { chromium, type Browser, type Page } from 'playwright-core';

/** Debian's Chromium, which scripts/setup.sh installs. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page together with all that it wrote to the console and every error nobody caught. */
export async function openPage(browser: Browser, url: string): Promise<{ page: Page; noise: string[] }> {
  const page = await browser.newPage();
  const noise: string[] = [];
  page.on('console', (message) => noise.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => noise.push(`uncaught: ${error.message}`));
  await page.goto(url);
  return { page, noise };
}

/**
 * The value that the page's script puts into `globalThis.answer`, once it is there. Asked from here
 * again and again: Playwright's own waiting evaluates strings in the page, which a strict CSP forbids.
 */
export async function answerOf<T>(page: Page): Promise<T> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    const answer = await page.evaluate(() => (globalThis as { answer?: unknown }).answer);
    if (answer !== undefined) return answer as T;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`no answer from ${page.url()}`);
}
