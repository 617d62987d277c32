import assert from 'node:assert/strict';
import { existsSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const CHROMIUM = '/usr/bin/chromium';
const skip = existsSync(CHROMIUM) ? false : `there is no ${CHROMIUM}`;

const SECONDS = 3600;
const BYTES_PER_SECOND = 88_200;

/** The head of a WAV file: one channel, 44.1 kHz, 16 bits. What follows is sound. */
function wavHead(bytes: number): Buffer {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(bytes + 36, 4);
  head.write('WAVEfmt ', 8);
  for (const [at, value] of [16, 1 | (1 << 16), 44_100, BYTES_PER_SECOND, 2 | (16 << 16)].entries())
    head.writeUInt32LE(value, 16 + 4 * at);
  head.write('data', 36);
  head.writeUInt32LE(bytes, 40);
  return head;
}

test('RFC9110§14.2: Chromium seeks in an hour of sound by ranges, and plays on from there', {
  skip,
}, async () => {
  const bytes = SECONDS * BYTES_PER_SECOND;
  const root = temporaryFolder({
    'index.html': '<!doctype html><title>An hour</title><audio src="hour.wav" preload="metadata" muted>',
    'hour.wav': wavHead(bytes),
  });
  // Sparse: an hour of silence.
  truncateSync(join(root, 'hour.wav'), bytes + 44);
  await using heddle = await spawnHeddle([root, '-t', '1']);
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--headless', '--no-sandbox', '--autoplay-policy=no-user-gesture-required'],
  });
  try {
    const page = await browser.newPage();
    const parts: { status: number; start: number }[] = [];
    page.on('response', (response) => {
      if (!response.url().endsWith('.wav')) return;
      const [, start = 'none'] = /^bytes (\d+)-/.exec(response.headers()['content-range'] ?? '') ?? [];
      parts.push({ status: response.status(), start: Number(start) });
    });
    await page.goto(heddle.url);
    const played = await page.evaluate(`new Promise((resolve, reject) => {
      const audio = document.querySelector('audio');
      audio.onerror = () => reject(new Error(audio.error.message));
      const heard = [];
      const seek = (seconds, then) => {
        audio.onseeked = () => audio.play().catch(reject);
        audio.ontimeupdate = () => {
          if (audio.paused || audio.seeking || audio.currentTime < seconds + 0.1) return;
          audio.ontimeupdate = null;
          audio.pause();
          heard.push(seconds);
          then();
        };
        audio.currentTime = seconds;
      };
      const begin = () => seek(3000, () => seek(600, () => resolve({ heard, duration: audio.duration })));
      if (audio.readyState > 0) begin();
      else audio.onloadedmetadata = begin;
    })`);
    assert.deepEqual(played, { heard: [3000, 600], duration: SECONDS });
    assert.deepEqual(new Set(parts.map(({ status }) => status)), new Set([206]));
    for (const seconds of [3000, 600]) {
      const at = seconds * BYTES_PER_SECOND;
      const isNear = parts.some(({ start }) => Math.abs(start - at) < 60 * BYTES_PER_SECOND);
      assert.ok(isNear, `a part from about ${at}: ${JSON.stringify(parts)}`);
    }
    assert.equal((await page.reload())?.status(), 200, 'transfers that were broken off harm nobody');
  } finally {
    await browser.close();
  }
  assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
});
