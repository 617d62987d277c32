import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { obeySignals } from '#cli/signals.ts';
import type { Server } from '#server/running-server.ts';

/** Stands in for a server: keeps what it is asked for. The signals are told to the process's listeners only. */
function listenToSignals(isTerminal: boolean): { readonly asked: string[]; readonly end: () => void } {
  const asked: string[] = [];
  const before = new Set(process.rawListeners('SIGHUP'));
  const server = {
    close: async () => void asked.push('close'),
    reload: async ({ reason = '' }) => void asked.push(`reload (${reason})`),
  } as unknown as Server;
  obeySignals(server, isTerminal);
  const end = (): void => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
      for (const listener of process.rawListeners(signal))
        if (!before.has(listener)) process.removeListener(signal, listener as () => void);
  };
  return { asked, end };
}

test('SIGHUP from a terminal that closes shuts down', () => {
  const { asked, end } = listenToSignals(true);
  process.emit('SIGHUP');
  end();
  assert.deepEqual(asked, ['close']);
});

test('SIGHUP reloads where there is no terminal, as often as it comes', () => {
  const { asked, end } = listenToSignals(false);
  process.emit('SIGHUP');
  process.emit('SIGHUP');
  end();
  assert.deepEqual(asked, ['reload (SIGHUP)', 'reload (SIGHUP)']);
});

test('a signal that a launcher passes on, and that the whole group was sent too, is one signal', () => {
  const asked: string[] = [];
  const server = { close: async () => void asked.push('close') } as unknown as Server;
  const launcher = new EventEmitter();
  const group = new EventEmitter();
  for (const source of [launcher, group]) obeySignals(server, false, source);
  for (const source of [launcher, group]) source.emit('SIGTERM');
  // A second one of either would have killed this process.
  assert.deepEqual(asked, ['close', 'close']);
});
