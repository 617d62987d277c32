import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { type SpawnedHeddle, spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const CHROMIUM = '/usr/bin/chromium';
const skip = existsSync(CHROMIUM) ? false : `there is no ${CHROMIUM}`;
const EVIL = '<img src=x onerror=document.title=1>';

const APP = `export default { tasks: './tasks.mjs', poolThreads: 2,
  async fetch(request, { pool }) {
    const { pathname } = new URL(request.url);
    if (pathname === '/die') setImmediate(() => { throw new Error(${JSON.stringify(EVIL)}); });
    if (pathname.startsWith('/late')) return new Promise(() => {});
    if (pathname === '/job') await pool.execute('spin', [1000]);
    return new Response('hello');
  } };`;
const TASKS = 'export const spin = (ms) => { const end = Date.now() + ms; while (Date.now() < end); };';

suite('the live view in Chromium', { skip }, () => {
  const folder = temporaryFolder({ 'app.mjs': APP, 'tasks.mjs': TASKS });
  let heddle: SpawnedHeddle;
  let browser: Browser;
  let admin: string;

  before(async () => {
    [heddle, browser] = await Promise.all([
      spawnHeddle([`${folder}/app.mjs`, '-t', '2', '--admin', '0']),
      chromium.launch({ executablePath: CHROMIUM, args: ['--headless', '--no-sandbox', '--disable-gpu'] }),
    ]);
    admin = /admin on (\S+)/.exec(heddle.stdout)?.[1] ?? '';
  });
  after(async () => {
    await browser?.close();
    await heddle?.[Symbol.asyncDispose]();
  });

  /** A page that notes what goes wrong in it, violations of its policy too, and what it asks the network for. */
  async function openView(options: BrowserContextOptions = {}) {
    const page = await browser.newPage(options);
    const faults: string[] = [];
    const asked: string[] = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(admin);
    await page.locator('#lanes li').first().waitFor();
    return { page, faults, asked, [Symbol.asyncDispose]: () => page.close() };
  }

  const text = async (page: Page, selector: string) => (await page.locator(selector).textContent()) ?? '';

  test('shows threads, requests, jobs and deaths as they come, and asks for nothing from elsewhere', async () => {
    await using view = await openView();
    const { page, faults, asked } = view;
    assert.equal(await page.locator('#lanes > li').count(), 2);
    assert.equal(await text(page, '#state'), 'ready');
    const late = fetch(`${heddle.url}late/${encodeURIComponent(EVIL)}?secret`).catch(() => undefined);
    await page.locator('.at', { hasText: 'GET /late' }).first().waitFor();
    assert.doesNotMatch(await text(page, '#lanes'), /secret/);
    const jobs = [1, 2, 3, 4].map(() => fetch(`${heddle.url}job`, { headers: { connection: 'close' } }));
    await page.locator('#queue-text', { hasText: /^2 of 2 pool threads at work/ }).waitFor();
    await page.locator('.worker.busy').first().waitFor();
    await Promise.all(jobs.map(async (job) => (await job).text()));
    await fetch(`${heddle.url}die`).catch(() => undefined);
    await page.locator('#entries summary').first().waitFor();
    // By keyboard alone.
    await page.locator('#entries summary').first().focus();
    await page.keyboard.press('Enter');
    assert.match(await text(page, '#entries pre'), /Error: <img src=x/);
    assert.match(await page.title(), /requests a second/);
    assert.ok((await page.locator('.plot').first().getAttribute('d'))?.startsWith('M'));
    assert.deepEqual(faults, []);
    assert.deepEqual(
      asked.filter((url) => !url.startsWith('data:')),
      [admin, `${admin}events`],
    );
    void late;
  });

  test('pauses, so that what moves can be read', async () => {
    await using view = await openView();
    const { page } = view;
    await page.keyboard.press('p');
    assert.equal(await page.locator('#pause').getAttribute('aria-pressed'), 'true');
    await page.evaluate("document.querySelector('#about').textContent = 'as it was'");
    await page.evaluate(
      "new Promise((resolve) => stream.addEventListener('snapshot', () => setTimeout(resolve), { once: true }))",
    );
    assert.equal(await text(page, '#about'), 'as it was');
    await page.locator('#pause').click();
    assert.match(await text(page, '#about'), /generation 1/);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`fits a phone, ${colorScheme}, and its words can be told from its ground`, async () => {
      await using view = await openView({ colorScheme, viewport: { width: 360, height: 740 } });
      const { page } = view;
      const tooWide = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
      assert.equal(await page.evaluate(tooWide), 0);
      await page.getByText('What the words mean').click();
      assert.equal(await page.evaluate(tooWide), 0);
      for (const selector of ['body', '.lead', '#tiles dt', '.facts', '.phase', '.at li', '#queue-text'])
        assert.ok((await contrast(page, selector)) >= 4.5, `${selector}: ${await contrast(page, selector)}`);
    });
  }
});

/** The contrast of a text to what is behind it, as WCAG has it. */
function contrast(page: Page, selector: string): Promise<number> {
  return page.evaluate(`(() => {
    const element = document.querySelector(${JSON.stringify(selector)});
    const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
    let behind = element;
    while (behind.parentElement && rgb(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
    const luminance = (color) => rgb(color).slice(0, 3)
      .map((part) => part / 255)
      .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
      .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
    const [a, b] = [luminance(getComputedStyle(element).color), luminance(getComputedStyle(behind).backgroundColor)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  })()`);
}
