// Takes the pictures of the live view in docs/img: the Markdown example under load, and one fault from the example of
// faults. Needs Chromium. Usage: node scripts/live-view.ts [SECONDS]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { spawnHeddle } from '../test/support/spawn-heddle.ts';

const SECONDS = Number(process.argv[2] ?? 120);
const CLIENTS = 28;
const ROOT = new URL('..', import.meta.url);

const APP = `
import markdown from '${new URL('examples/markdown/app.ts', ROOT)}';
import faults from '${new URL('examples/faults/app.ts', ROOT)}';
export default {
  tasks: markdown.tasks,
  fetch: (request, context) =>
    (new URL(request.url).pathname === '/throw' ? faults : markdown).fetch(request, context),
};`;

await using stack = new AsyncDisposableStack();
const folder = mkdtempSync(join(tmpdir(), 'heddle-live-view-'));
stack.defer(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'app.mjs'), APP);
const heddle = stack.use(
  await spawnHeddle([
    join(folder, 'app.mjs'),
    '-t',
    '2',
    '--pool-threads',
    '4',
    '--admin',
    '0',
    '--stall-timeout',
    '10s',
  ]),
);
const admin = /admin on (\S+)/.exec(heddle.stdout)?.[1];
if (admin === undefined) throw new Error('The server does not say where its admin endpoint is.');

/** Asks for the form, or has a text rendered. */
async function ask(number: number): Promise<void> {
  const paragraphs = 20 + ((number * 37) % 80) * 4;
  const text = 'Every *thread* has its `place`, and [all](https://a) of them cross.\n\n'.repeat(paragraphs);
  const answer = await (number % 2 === 0
    ? fetch(`${heddle.url}render`, { method: 'POST', body: `text=# Warp and weft\n\n${text}` })
    : fetch(heddle.url));
  await answer.arrayBuffer();
}

const over = new AbortController();

/** Asks again and again, at a pace that comes and goes. */
async function client(number: number): Promise<void> {
  while (!over.signal.aborted) {
    // The thread that dies takes some of them along.
    await ask(number).catch(() => undefined);
    const wave = 1 + Math.sin(performance.now() / 15_000);
    await delay(number % 2 === 0 ? 15 + wave * 70 : 5 + wave * 15);
  }
}

const clients = Array.from({ length: CLIENTS }, (_, number) => client(number));
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu'],
});
stack.defer(() => browser.close());
await delay(SECONDS * 500);
await fetch(`${heddle.url}throw`).catch(() => undefined);
await delay(SECONDS * 500);
for (const colorScheme of ['light', 'dark'] as const) {
  const page = await browser.newPage({ colorScheme, viewport: { width: 1180, height: 900 } });
  await page.goto(admin);
  await page.locator('#lanes li').first().waitFor();
  await page.locator('#entries summary', { hasText: 'died' }).first().click();
  // In the midst of what moves.
  await delay(1_700);
  // A picture that is taken elsewhere is the same.
  await page
    .locator('#entries details[open] pre')
    .first()
    .evaluate((element, root) => {
      element.textContent = String(element.textContent).replaceAll(root, 'file:///srv/');
    }, ROOT.href);
  const path = new URL(`docs/img/live-view-${colorScheme}.png`, ROOT).pathname;
  await page.screenshot({ path, fullPage: true });
  console.log(path);
}
over.abort();
await Promise.all(clients);
