import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canDuplicateConnections } from '#native/socket-descriptor.ts';
import { MAIN, spawnHeddle } from '../support/spawn-heddle.ts';
import { RawConnection } from '../system/raw-connection.ts';

const DESCRIPTORS = 200;
const CONNECTIONS = 110;
const skip = !canDuplicateConnections() && 'connections cannot be moved here';

test('a thread hangs, and there are too few descriptors to move its connections', { skip }, async () => {
  const shell = `ulimit -n ${DESCRIPTORS}; exec "$0" "$@"`;
  await using heddle = await spawnHeddle(
    ['examples/faults/app.ts', '-t', '1', '--hang-timeout', '1s', '--stall-timeout', '100ms'],
    { command: ['sh', '-c', shell, process.execPath, MAIN] },
  );
  await using connections = new AsyncDisposableStack();
  for (let at = 0; at < CONNECTIONS; at += 1) {
    const connection = connections.use(await RawConnection.open(heddle.url));
    assert.equal((await connection.fetch('/')).status, 200);
  }
  await using culprit = await RawConnection.open(heddle.url);
  culprit.get('/loop');
  assert.equal((await culprit.reply()).status, 503);
  await heddle.waitForOutput(/clients of server-0: \d+ moved to other threads, 1 answered with 503/);
  // Those that could not be moved are closed, and the server serves on.
  await using next = await RawConnection.open(heddle.url);
  assert.equal((await next.fetch('/')).status, 200);
  assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
});
