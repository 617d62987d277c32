import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyMissing } from '../support/installed.ts';
import { spawnHeddle } from '../support/spawn-heddle.ts';

const APP = 'test/frameworks/apps/react.ts';

test('React renders to a stream, whose first part comes before what it waits for', {
  skip: whyMissing('frameworks', 'react', 'react-dom'),
}, async () => {
  await using heddle = await spawnHeddle([APP, '--idle-grace', '0']);
  const reply = await fetch(heddle.url);
  assert.equal(reply.headers.get('content-type'), 'text/html;charset=utf-8');
  const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader();
  let early = '';
  while (!early.includes('Loading')) {
    const { done, value } = await reader.read();
    assert.equal(done, false, early);
    early += value;
  }
  assert.match(early, /<h1>At once<\/h1>/);
  assert.doesNotMatch(early, /It came late/);
  assert.equal(await (await fetch(`${heddle.url}release`)).text(), 'released');
  let late = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) late += part.value;
  assert.match(late, /<p id="late">It came late<\/p>/);

  const whole = fetch(`${heddle.url}whole`);
  await heddle.waitForOutput(/all of it is waited for/);
  await (await fetch(`${heddle.url}release`)).text();
  assert.match(await (await whole).text(), /It came late/);
  assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
  assert.equal(heddle.stderr, '');
});
