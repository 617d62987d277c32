import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { BoundAddress } from '#native/held-socket.ts';
import { openDuplicator } from '#native/open-duplicator.ts';
import { HeddleError } from '#observe/heddle-error.ts';
import { bindError } from '#server/bind-error.ts';
import { ListeningSockets } from '#server/listening-sockets.ts';
import { listeningRows } from '#server/port-holder.ts';
import { LeaseThread } from './lease-thread-driver.ts';

const OWNING_BACKENDS = (await openDuplicator('ffi')) === undefined ? ['helper'] : ['ffi', 'helper'];
const BACKENDS = [...OWNING_BACKENDS, 'reuse-port'] as ('ffi' | 'helper' | 'reuse-port')[];

/** A server that listens with SO_REUSEPORT sockets. */
async function startServer(context: TestContext, backend: (typeof BACKENDS)[number]): Promise<BoundAddress> {
  const sockets = await ListeningSockets.open({ host: '127.0.0.1', port: 0, threads: 2, backend });
  const thread = new LeaseThread('holder');
  context.after(async () => {
    await thread.terminate();
    sockets.close();
  });
  await thread.listen(await sockets.lease(0));
  return sockets.address;
}

for (const first of BACKENDS) {
  for (const backend of BACKENDS) {
    test(`a second server is refused the port: first by ${first}, second by ${backend}`, async (context) => {
      const { host, port } = await startServer(context, first);
      await assert.rejects(ListeningSockets.open({ host, port, threads: 2, backend }), (error) => {
        assert(error instanceof HeddleError);
        assert.equal(error.code, 'ERR_HEDDLE_PORT_IN_USE');
        assert.ok(error.message.startsWith(`Port ${port} on 127.0.0.1 is taken by node `), error.message);
        assert.match(error.message, new RegExp(`\\(process ${process.pid}\\)`));
        assert.match(error.message, /Use --port \d+, or stop what holds it\.$/);
        assert.equal((error.cause as { code?: unknown }).code, 'EADDRINUSE');
        return true;
      });
    });
  }
}

test('the advised port is free', async (context) => {
  const { port } = await startServer(context, 'reuse-port');
  const error: unknown = await ListeningSockets.open({ host: 'localhost', port, threads: 1 }).catch(
    (reason) => reason,
  );
  const advised = /Use --port (\d+),/.exec(String(error))?.[1];
  const sockets = await ListeningSockets.open({ host: 'localhost', port: Number(advised), threads: 1 });
  sockets.close();
  assert.ok(Number(advised) > port);
});

test('a second server is refused the port on all addresses too', async (context) => {
  const { port } = await startServer(context, 'reuse-port');
  for (const host of ['0.0.0.0', '::']) {
    await assert.rejects(ListeningSockets.open({ host, port, threads: 2 }), {
      code: 'ERR_HEDDLE_PORT_IN_USE',
    });
  }
});

test('a refused server leaves no descriptor open', {
  skip: !OWNING_BACKENDS.includes('ffi') && 'the channel to the child process closes later',
}, async (context) => {
  const { host, port } = await startServer(context, 'ffi');
  const before = readdirSync('/proc/self/fd').length;
  await assert.rejects(ListeningSockets.open({ host, port, threads: 2 }));
  assert.equal(readdirSync('/proc/self/fd').length, before);
});

test('an address of another machine is refused', async () => {
  for (const backend of BACKENDS) {
    await assert.rejects(ListeningSockets.open({ host: '192.0.2.1', port: 0, threads: 1, backend }), {
      code: 'ERR_HEDDLE_ADDRESS',
      message: /^192\.0\.2\.1 is not an address of this machine\. Use --host /,
    });
  }
});

test('a name without an address is refused', async () => {
  await assert.rejects(ListeningSockets.open({ host: 'no-such-host.invalid', port: 0, threads: 1 }), {
    code: 'ERR_HEDDLE_ADDRESS',
    message: /^The name no-such-host\.invalid has no address\./,
  });
});

test('a port that needs a privilege is refused with a port that needs none', () => {
  const cause = Object.assign(new Error('bind EACCES 0.0.0.0:80'), { code: 'EACCES' });
  const error = bindError(cause, { host: '0.0.0.0', port: 80, address: '0.0.0.0' });
  assert(error instanceof HeddleError);
  assert.equal(error.code, 'ERR_HEDDLE_PORT_DENIED');
  assert.match(error.message, /^Port 80 on 0\.0\.0\.0 is refused to this user\. .*--port 7878/);
});

test('too few descriptors are called that', () => {
  const error = bindError(Object.assign(new Error('EMFILE'), { code: 'EMFILE' }), {
    host: '::',
    port: 0,
    address: '::',
  });
  assert.equal((error as HeddleError).code, 'ERR_HEDDLE_TOO_MANY_FILES');
});

test('an error of another kind stays what it was', () => {
  const error = new RangeError('options.port should be >= 0 and < 65536.');
  assert.equal(bindError(error, { host: '::', port: 0, address: '::' }), error);
});

test('of the rows of /proc/net/tcp only listeners on the port count', () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1EC6 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1EC7 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4343 1 0000000000000000 100 0 0 10 0
   2: 0100007F:1EC6 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 4444 1 0000000000000000 20 4 30 10 -1
`;
  assert.deepEqual(listeningRows(table, 7878), [{ address: '0100007F', inode: '4242' }]);
  assert.deepEqual(listeningRows('', 7878), []);
});

test('an address with a port is taken apart, and only such a one', () => {
  const message = (host: string) => (bindError({ code: 'ENOTFOUND' }, { host, port: 7878 }) as Error).message;
  assert.equal(
    message('0.0.0.0:80'),
    '0.0.0.0:80 is an address and a port. Give each by itself: --host 0.0.0.0 --port 80.',
  );
  assert.match(message('[::1]:80'), /--host ::1 --port 80\.$/);
  assert.match(message('no.such.host'), /^The name no\.such\.host has no address\./);
  assert.match(message('fe80::1:80'), /^The name fe80::1:80 has no address\./);
});
