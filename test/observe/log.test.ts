import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { peerRefused, requestFailed, requestTimedOut, workFailed } from '#observe/events.ts';
import { type Log, logRequests } from '#observe/log.ts';

const REFUSAL = {
  code: 'host-missing',
  status: 400,
  section: 'RFC9112§3.2',
  reason: 'an HTTP/1.1 request without Host',
  remoteAddress: '192.0.2.1',
};

/** The entries that are written while something happens. */
function entriesOf(happens: () => void): string[] {
  const entries: string[] = [];
  const log: Log = { write: (severity, message) => entries.push(`${severity} ${message}`) };
  const end = logRequests(log);
  happens();
  end();
  return entries;
}

describe('the log of requests', () => {
  test('tells of a failed request its line, its outcome, and the error with stack and cause', () => {
    const error = new Error('boom', { cause: new Error('the fuse') });
    const [entry = '', ...rest] = entriesOf(() =>
      requestFailed.publish({ error, method: 'GET', target: '/a?b', outcome: 'answered 500' }),
    );
    assert.match(entry, /^error GET \/a\?b failed: answered 500\n {4}Error: boom\n {8}at /);
    assert.match(entry, /\[cause\]: Error: the fuse/);
    assert.deepEqual(rest, []);
  });

  test('survives an error that fails to say how it is to be looked at', () => {
    const error = Object.assign(new Error('odd'), {
      [inspect.custom]() {
        throw new Error('from the look');
      },
    });
    const [entry = ''] = entriesOf(() => workFailed.publish({ error }));
    assert.match(entry, /^error waitUntil\(\) failed\n {4}Error: odd/);
  });

  test('tells of a request that timed out its line and how long its answer was waited for', () => {
    assert.deepEqual(
      entriesOf(() => requestTimedOut.publish({ method: 'GET', target: '/a?b', afterMs: 30_012 })),
      ['warning GET /a?b timed out: no answer after 30012 ms; answered 503'],
    );
  });

  test('tells of work that failed behind its answer', () => {
    const [entry = ''] = entriesOf(() => workFailed.publish({ error: new Error('late') }));
    assert.match(entry, /^error waitUntil\(\) failed\n {4}Error: late/);
  });

  test('tells of a refusal code, section and address', () => {
    assert.deepEqual(
      entriesOf(() => peerRefused.publish(REFUSAL)),
      [
        'info refused bytes from 192.0.2.1: host-missing (RFC9112§3.2), an HTTP/1.1 request without Host; 400',
      ],
    );
  });

  test('is not filled by a peer that sends nonsense without end', () => {
    const entries = entriesOf(() => {
      for (let n = 0; n < 10_000; n += 1) peerRefused.publish(REFUSAL);
    });
    // All of this takes a few milliseconds, so at most one second ends on the way.
    assert.ok(entries.length >= 10 && entries.length <= 21, `${entries.length} entries`);
  });

  test('ends when it is told to', () => {
    entriesOf(() => undefined);
    assert.equal(peerRefused.hasSubscribers, false);
    assert.equal(requestFailed.hasSubscribers, false);
    assert.equal(requestTimedOut.hasSubscribers, false);
  });
});
