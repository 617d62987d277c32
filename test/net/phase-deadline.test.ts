import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { ConnectionSettings } from '#net/connection-host.ts';
import { PhaseDeadline } from '#net/phase-deadline.ts';
import type { ReplyWriter } from '#net/reply-writer.ts';

const SETTINGS = {
  headMs: 10,
  keepAliveMs: 75,
  writeStallMs: 30,
  lingerMs: 2,
  peerProbeMs: 7,
  requestTimeoutMs: 20,
} as ConnectionSettings;
const NEVER = Number.POSITIVE_INFINITY;

/** A writer whose peer has left bytes unread since 0, or nothing. */
function deadlineWith(hasUnsent: boolean, settings = SETTINGS): PhaseDeadline {
  const stallDeadline = (_now: number, stallMs: number) => (hasUnsent ? stallMs : NEVER);
  return new PhaseDeadline(settings, { hasUnsent, stallDeadline } as unknown as ReplyWriter, 0);
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

  test('of an answer that takes its time is when to look after the peer, unless nobody wants that', () => {
    const deadline = deadlineWith(false);
    deadline.startProbe(1);
    assert.equal(deadline.decide('handling', 1, NEVER), 8);
    assert.equal(deadline.decide('replying', 1, 5), 5);
    assert.equal(deadline.decide('idle', 1, NEVER), 10);
    deadline.endProbe();
    assert.equal(deadline.decide('handling', 1, NEVER), NEVER);
    const without = deadlineWith(false, { ...SETTINGS, peerProbeMs: 0 });
    without.startProbe(1);
    assert.equal(without.decide('handling', 1, NEVER), NEVER);
  });

  test('of an answer that was promised is that of the request until it begins, unless there is none', () => {
    const deadline = deadlineWith(false);
    deadline.startAnswer(1);
    assert.equal(deadline.decide('handling', 1, NEVER), 21);
    assert.equal(deadline.decide('handling', 1, 5), 5);
    for (const phase of ['replying', 'closed'] as const)
      assert.equal(deadline.decide(phase, 1, NEVER), NEVER);
    deadline.endAnswer();
    assert.equal(deadline.decide('handling', 1, NEVER), NEVER);
    const without = deadlineWith(false, { ...SETTINGS, requestTimeoutMs: 0 });
    without.startAnswer(1);
    assert.equal(without.decide('handling', 1, NEVER), NEVER);
  });

  test('that has passed says what it was for', () => {
    const deadline = deadlineWith(false);
    for (const phase of ['idle', 'head', 'lingering'] as const)
      assert.equal(deadline.expiry(phase, 99), phase);
    assert.equal(deadline.expiry('handling', 99), 'content');
    deadline.startProbe(92);
    assert.equal(deadline.expiry('handling', 98), 'content');
    assert.equal(deadline.expiry('replying', 99), 'probe');
    assert.equal(deadlineWith(true).expiry('replying', 30), 'stalled');
    deadline.startAnswer(79);
    assert.equal(deadline.expiry('handling', 98), 'content');
    assert.equal(deadline.expiry('handling', 99), 'overdue');
    assert.equal(deadline.expiry('replying', 99), 'probe');
    assert.equal(deadline.answerMs(99.6), 21);
  });
});
