import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LauncherLink } from '#launcher/launcher-link.ts';
import { readNote, writeNote } from '#launcher/launcher-messages.ts';

const NOTE = { pid: 7, sockets: 2, oneEach: true, isSuccessor: true };

/** What a process with this parent, and this in its environment, takes itself for. */
function find(value: string | undefined, channel: object = {}): LauncherLink | undefined {
  const process = { ppid: 7, connected: true, send: () => true, on: () => undefined, ...channel };
  const environment: Record<string, string | undefined> = { HEDDLE_LAUNCHED: value };
  const link = LauncherLink.find(environment, process as unknown as NodeJS.Process);
  assert.deepEqual(Object.keys(environment), [], 'no process that the app starts finds the variable');
  return link;
}

describe('what a launched server finds', () => {
  test('is what its launcher wrote', () => {
    for (const note of [NOTE, { pid: 1, sockets: 0, oneEach: false, isSuccessor: false }]) {
      assert.deepEqual(readNote(writeNote(note)), note);
    }
  });

  test('is nothing where somebody else wrote it', () => {
    for (const value of [
      undefined,
      '',
      '1',
      '7 2 each',
      '7 -1 all first',
      '7 2 some next',
      ' 7 2 all next',
    ]) {
      assert.equal(readNote(value), undefined, String(value));
    }
  });

  test('is the sockets from descriptor 3 on', () => {
    assert.deepEqual(find('7 2 each next')?.kept, { descriptors: [3, 4], oneEach: true });
    assert.equal(find('7 2 each next')?.isSuccessor, true);
    assert.deepEqual(find('7 0 all first')?.kept, { descriptors: [], oneEach: false });
    assert.equal(find('7 0 all first')?.isSuccessor, false);
  });

  test('is not meant for a process that the server starts, nor for one without a channel', () => {
    assert.equal(find('8 2 each next'), undefined);
    assert.equal(find('7 2 each next', { send: undefined }), undefined);
    assert.equal(find(undefined), undefined);
  });
});
