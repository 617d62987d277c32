import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ConnectionSettings } from '#net/connection-host.ts';
import { PhaseDeadline } from '#net/phase-deadline.ts';
import type { ReplyWriter } from '#net/reply-writer.ts';

const SETTINGS = { headMs: 10, keepAliveMs: 75, writeStallMs: 30, lingerMs: 2 } as ConnectionSettings;
const NEVER = Number.POSITIVE_INFINITY;

/** A writer whose peer has left bytes unread since 0, or nothing. */
function deadlineWith(hasUnsent: boolean): PhaseDeadline {
  const stallDeadline = (_now: number, stallMs: number) => (hasUnsent ? stallMs : NEVER);
  return new PhaseDeadline(SETTINGS, { hasUnsent, stallDeadline } as unknown as ReplyWriter, 0);
}

suite('the deadline of a phase', () => {
  test('is that of the head from accept on, and the idle time behind an answer', () => {
    const deadline = deadlineWith(false);
    assert.equal(deadline.decide('idle', 0, NEVER), 10);
    deadline.startHead(5);
    assert.equal(deadline.decide('head', 5, NEVER), 10);
    deadline.startIdle(6);
    assert.equal(deadline.decide('idle', 6, NEVER), 81);
    deadline.startHead(80);
    assert.equal(deadline.decide('head', 80, NEVER), 90);
  });

  test('is that of the reader in place of idle and linger time, until all is sent', () => {
    const blocked = deadlineWith(true);
    blocked.startLingering(0);
    assert.equal(blocked.decide('lingering', 0, NEVER), 30);
    blocked.startIdle(0);
    assert.equal(blocked.decide('idle', 0, NEVER), 30);
    const sent = deadlineWith(false);
    sent.startLingering(0);
    assert.equal(sent.decide('lingering', 0, NEVER), 2);
  });

  test('is the earliest where reader and content are both waited for', () => {
    assert.equal(deadlineWith(true).decide('replying', 0, 40), 30);
    assert.equal(deadlineWith(true).decide('handling', 0, 20), 20);
    assert.equal(deadlineWith(false).decide('handling', 0, NEVER), NEVER);
    assert.equal(deadlineWith(true).decide('closed', 0, 20), NEVER);
  });
});
