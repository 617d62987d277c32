import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Log } from '#observe/log.ts';
import { ServerTally } from '#server/server-tally.ts';
import { MOST_ENTRY_CHARACTERS, toldLog } from '#server/told-log.ts';

const silent: Log = { write: () => undefined };

describe('what a server thread tells of its log', () => {
  test('is one entry a second, with how many there were before it; no news', (t) => {
    let now = 1000;
    t.mock.method(performance, 'now', () => now);
    const logged: string[] = [];
    const told: string[] = [];
    const log = toldLog({ write: (_, message) => logged.push(message) }, (_, message) => told.push(message));
    log.write('info', 'news');
    for (const name of ['a', 'b', 'c']) log.write('error', `${name}\n    at somewhere`);
    now = 1999;
    log.write('error', 'd');
    log.write('warning', 'limited');
    log.write('warning', 'limited');
    now = 2000;
    log.write('error', 'e\n    at somewhere');
    assert.deepEqual(told, ['a\n    at somewhere', 'limited', 'e (3 more before it)\n    at somewhere']);
    assert.equal(logged.length, 8);
  });

  test('is cut where it is long', () => {
    let told = '';
    toldLog(silent, (_, message) => {
      told = message;
    }).write('error', 'x'.repeat(1e6));
    assert.equal(told.length, MOST_ENTRY_CHARACTERS);
  });

  test('is kept beside what the supervisor has seen, which it never pushes out; without queries', () => {
    const tally = new ServerTally(true);
    const log = tally.keep(silent);
    log.write(
      'error',
      'server-1 hangs\n    request: GET /loop?token=secret (for 2.0 s)\n    at f (file:///a.ts?reload=1:2:3)',
    );
    for (let n = 0; n < 100; n += 1)
      tally.noteTold('error', `server-0 GET /a?token=secret&n=${n} failed: answered 500`);
    tally.noteTold('error', 'server-0 GET /b failed: answered 500');
    for (let n = 0; n < 100; n += 1) tally.noteTold('warning', 'server-0 limited');
    const messages = tally.entries.map(({ message }) => message);
    assert.equal(messages.length, 21);
    assert.ok(messages.includes('server-0 GET /a failed: answered 500'));
    assert.ok(messages.includes('server-0 GET /b failed: answered 500'));
    assert.equal(
      messages[0],
      'server-1 hangs\n    request: GET /loop (for 2.0 s)\n    at f (file:///a.ts?reload=1:2:3)',
    );
  });
});
