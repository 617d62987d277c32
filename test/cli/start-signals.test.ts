import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { StartSignals } from '#cli/start-signals.ts';

test('a SIGHUP in the start, where there is no terminal, reloads once when the server is there', () => {
  const source = new EventEmitter();
  const signals = new StartSignals(false, source);
  source.emit('SIGHUP');
  source.emit('SIGHUP');
  const asked: string[] = [];
  signals.handOver({ reload: async ({ reason = '' } = {}) => void asked.push(reason) });
  assert.deepEqual(asked, ['SIGHUP']);
  assert.deepEqual(source.eventNames(), []);
});

test('a start without one reloads nothing', () => {
  const signals = new StartSignals(false, new EventEmitter());
  signals.handOver({ reload: () => assert.fail('nobody has asked for it') });
});
