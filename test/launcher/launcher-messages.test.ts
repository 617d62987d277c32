import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe, test } from 'node:test';
import { LauncherLink } from '#launcher/launcher-link.ts';
import { isServerMessage, readNote, writeNote } from '#launcher/launcher-messages.ts';

const NOTE = { pid: 7, sockets: 2, oneEach: true, isSuccessor: true, ownsCache: true };

/** What a process with this parent, and this in its environment, takes itself for. */
function find(value: string | undefined, channel: object = {}): LauncherLink | undefined {
  const silent = { ppid: 7, connected: true, send: () => true, on: () => undefined };
  const process = channel instanceof EventEmitter ? channel : { ...silent, ...channel };
  const environment: Record<string, string | undefined> = { HEDDLE_LAUNCHED: value };
  const link = LauncherLink.find(environment, process as unknown as NodeJS.Process);
  assert.deepEqual(Object.keys(environment), [], 'no process that the app starts finds the variable');
  return link;
}

describe('what a launched server finds', () => {
  test('is what its launcher wrote', () => {
    for (const note of [NOTE, { pid: 1, sockets: 0, oneEach: false, isSuccessor: false, ownsCache: false }]) {
      assert.deepEqual(readNote(writeNote(note)), note);
    }
  });

  test('is nothing where somebody else wrote it', () => {
    for (const value of [
      undefined,
      '',
      '1',
      '7 2 each',
      '7 -1 all first none',
      '7 2 some next none',
      ' 7 2 all next none',
    ]) {
      assert.equal(readNote(value), undefined, String(value));
    }
  });

  test('is the sockets from descriptor 3 on', () => {
    assert.deepEqual(find('7 2 each next none')?.kept, { descriptors: [3, 4], oneEach: true });
    assert.equal(find('7 2 each next none')?.isSuccessor, true);
    assert.deepEqual(find('7 0 all first none')?.kept, { descriptors: [], oneEach: false });
    assert.equal(find('7 0 all first none')?.isSuccessor, false);
  });

  test('is not meant for a process that the server starts, nor for one without a channel', () => {
    assert.equal(find('8 2 each next none'), undefined);
    assert.equal(find('7 2 each next none', { send: undefined }), undefined);
    assert.equal(find(undefined), undefined);
  });
});

describe('what a server says', () => {
  test('is told from what others may say in its process', () => {
    for (const message of [null, 'ready', 1, {}, { kind: 'other' }, { 'watch:import': ['file:///a.ts'] }]) {
      assert.equal(isServerMessage(message), false, JSON.stringify(message));
    }
    assert.equal(isServerMessage({ kind: 'ready' }), true);
  });

  test('holds it up no longer than there is a launcher to say it to', async () => {
    const channel = new EventEmitter();
    // As Node does where a receipt is missing when the channel closes: nobody is called back.
    const link = find(
      '7 0 all first none',
      Object.assign(channel, { send: () => true, ppid: 7, connected: true }),
    );
    assert.ok(link);
    const ending = link.tellEnding();
    channel.emit('disconnect');
    await ending;
  });
});
