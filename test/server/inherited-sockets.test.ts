import assert from 'node:assert/strict';
import { openSync } from 'node:fs';
import { describe, test } from 'node:test';
import { closeDescriptor } from '#native/lease.ts';
import { holdInherited, takeInherited } from '#server/inherited-sockets.ts';

const PID = 42;

describe('the descriptors that systemd passes, see sd_listen_fds(3)', () => {
  const cases: readonly (readonly [environment: Record<string, string>, descriptors: readonly number[]])[] = [
    [{ LISTEN_PID: '42', LISTEN_FDS: '1' }, [3]],
    [{ LISTEN_PID: '42', LISTEN_FDS: '3', LISTEN_FDNAMES: 'a:b:c' }, [3, 4, 5]],
    [{ LISTEN_PID: '42', LISTEN_FDS: '0' }, []],
    [{ LISTEN_PID: '43', LISTEN_FDS: '1' }, []],
    [{ LISTEN_PID: '043', LISTEN_FDS: 'x' }, []],
    [{ LISTEN_FDS: '1' }, []],
    [{}, []],
  ];
  for (const [environment, descriptors] of cases) {
    test(`${JSON.stringify(environment)} for process 42 is [${descriptors}]`, () => {
      assert.deepEqual(takeInherited({ ...environment }, PID), descriptors);
    });
  }

  test('are found once: every variable is removed, also one for another process', () => {
    for (const pid of [PID, 43]) {
      const environment: Record<string, string> = {
        LISTEN_PID: '42',
        LISTEN_FDS: '1',
        LISTEN_FDNAMES: 'web',
        LISTEN_PIDFDID: '7',
        PORT: '80',
      };
      takeInherited(environment, pid);
      assert.deepEqual(environment, { PORT: '80' });
    }
  });

  test('a count that is no number is an error with the variable', () => {
    for (const count of ['x', '-1', '1.5', '']) {
      assert.throws(() => takeInherited({ LISTEN_PID: '42', LISTEN_FDS: count }, PID), {
        code: 'ERR_HEDDLE_INHERITED_SOCKET',
        message: `$LISTEN_FDS: "${count}" is not a number of sockets. Unset LISTEN_PID to listen on --port.`,
      });
    }
  });
});

test('a descriptor that is a file, or is not open, cannot be held, and the error names it', () => {
  const file = openSync(process.execPath, 'r');
  assert.throws(() => holdInherited([file]), {
    code: 'ERR_HEDDLE_INHERITED_SOCKET',
    message: new RegExp(`^Descriptor ${file}, .*ListenStream=`),
  });
  closeDescriptor(file);
  assert.throws(() => holdInherited([file]), { message: /\(EBADF\)/ });
});
