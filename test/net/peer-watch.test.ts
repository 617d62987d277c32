import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { suite, test } from 'node:test';
import type { ServerProtocol } from '#http1/server-protocol.ts';
import { PeerWatch } from '#net/peer-watch.ts';
import type { ReplyWriter } from '#net/reply-writer.ts';

/** A watch over a scripted peer, and what it does. */
function watching({ isPaused = false } = {}) {
  const done: unknown[] = [];
  const socket = {
    isPaused: () => isPaused,
    setKeepAlive: (...how: unknown[]) => done.push(['keep-alive', ...how]),
  };
  const writer = { probe: (message: string) => done.push(['probe', message]) };
  const protocol = { sendProbe: () => 'something' };
  const watch = new PeerWatch(
    socket as unknown as Socket,
    writer as unknown as ReplyWriter,
    protocol as unknown as ServerProtocol,
  );
  return { watch, done };
}

const KEEP_ALIVE = ['keep-alive', true, 30_000, 10_000, 6];

suite('a look after the peer', () => {
  test('of a socket that is read from asks the kernel to look on, and is the last', () => {
    const { watch, done } = watching();
    assert.equal(watch.look(), false);
    assert.deepEqual(done, [KEEP_ALIVE]);
  });

  test('behind its end sends what means nothing, and is followed by others', () => {
    const { watch, done } = watching();
    watch.onPeerEnded();
    assert.equal(watch.look(), true);
    assert.deepEqual(done, [KEEP_ALIVE, ['probe', 'something']]);
  });

  test('of a socket that is not read from sends nothing and sees whether that fails', () => {
    const { watch, done } = watching({ isPaused: true });
    assert.equal(watch.look(), true);
    assert.deepEqual(done, [KEEP_ALIVE, ['probe', '']]);
  });
});
