import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { canHoldPaths, descriptorOf, HeldSocket } from '#native/held-socket.ts';
import { closeDescriptor } from '#native/lease.ts';
import { openDuplicator } from '#native/open-duplicator.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const LOCAL = { host: '127.0.0.1', port: 0, reusePort: false };
const duplicator = (await openDuplicator('ffi')) ?? (await openDuplicator('helper'));
assert.ok(duplicator);
after(() => duplicator.close());

test('port 0 is answered by the port that the kernel chose', () => {
  const socket = new HeldSocket(LOCAL);
  assert.equal(socket.address.host, '127.0.0.1');
  assert.equal(socket.address.family, 4);
  assert.ok(socket.address.port > 0);
  socket.close();
});

test('several sockets with reusePort share one address', () => {
  const first = new HeldSocket({ host: '::1', port: 0, reusePort: true });
  const second = new HeldSocket({ host: '::1', port: first.address.port, reusePort: true });
  assert.deepEqual(second.address, first.address);
  assert.equal(second.address.family, 6);
  assert.notEqual(second.fd, first.fd);
  first.close();
  second.close();
});

test('a socket without reusePort is refused where one with it listens', async () => {
  const socket = new HeldSocket({ ...LOCAL, reusePort: true });
  await socket.listen(await duplicator.duplicate(socket), 16);
  const { port } = socket.address;
  assert.throws(() => new HeldSocket({ ...LOCAL, port }), { code: 'EADDRINUSE' });
  socket.close();
  new HeldSocket({ ...LOCAL, port }).close();
});

test('errors of the system keep their codes', () => {
  assert.throws(() => new HeldSocket({ ...LOCAL, host: '192.0.2.1' }), { code: 'EADDRNOTAVAIL' });
});

test('a privileged port is refused to an unprivileged user with EACCES', {
  skip: process.getuid?.() !== 0 && 'only root can become somebody else',
}, async () => {
  // Not by heddle's own files: the other user may not be allowed to read them.
  const program = `process.setuid(65534); try { new (require('node:net').BoundSocket)({ host: '127.0.0.1', port: 1 }); }
    catch (error) { console.log(error.code); }`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program]);
  // Where every port is open to everybody the bind succeeds and nothing is printed.
  assert.match(stdout, /^(EACCES\n)?$/);
});

test('a descriptor is known to be of the socket, or not', async () => {
  const socket = new HeldSocket(LOCAL);
  const copy = await duplicator.duplicate(socket);
  assert.equal(socket.owns(copy), true);
  closeDescriptor(copy);
  assert.equal(socket.owns(copy), false);
  const file = openSync(process.execPath, 'r');
  assert.equal(socket.owns(file), false);
  closeDescriptor(file);
  socket.close();
});

test('the handle by which Node sends a socket has its descriptor, and the socket can still be closed', () => {
  const socket = new HeldSocket(LOCAL);
  assert.equal(descriptorOf(socket.handle), socket.fd);
  socket.close();
  new HeldSocket({ ...LOCAL, port: socket.address.port }).close();
});

test('what has no descriptor is refused', () => {
  for (const handle of [undefined, null, {}, { fd: -1 }, { fd: '3' }]) {
    assert.throws(() => descriptorOf(handle), /shows no descriptor/);
  }
});

test('listening on a descriptor that is none is an error', async () => {
  const socket = new HeldSocket(LOCAL);
  const file = openSync(process.execPath, 'r');
  await assert.rejects(socket.listen(file, 16), { code: 'EINVAL' });
  closeDescriptor(file);
  socket.close();
});

test('closing the held socket leaves a listener on a duplicate open', async () => {
  const socket = new HeldSocket(LOCAL);
  const server = createServer().listen({ fd: await duplicator.duplicate(socket) });
  socket.close();
  assert.throws(() => new HeldSocket({ ...LOCAL, port: socket.address.port }), { code: 'EADDRINUSE' });
  server.close();
});

test('a Unix domain socket is held by its path', { skip: !canHoldPaths() }, async () => {
  const path = `${temporaryFolder()}/held.sock`;
  const socket = new HeldSocket({ path });
  assert.deepEqual(socket.address, { host: '', port: 0, family: 'unix', path });
  assert.throws(() => new HeldSocket({ path }), { code: 'EADDRINUSE' });
  assert.equal(descriptorOf(socket.handle), socket.fd);
  socket.close();
  assert.equal(existsSync(path), false);
});

test('an inherited socket says where it is bound, and closing it leaves the other descriptors', async () => {
  const requests = [LOCAL, { ...LOCAL, host: '::1' }, { path: `${temporaryFolder()}/held.sock` }];
  for (const request of requests.slice(0, canHoldPaths() ? 3 : 2)) {
    const socket = new HeldSocket(request);
    const inherited = new HeldSocket({ fd: await duplicator.duplicate(socket) });
    assert.deepEqual(inherited.address, socket.address);
    assert.equal(inherited.owns(socket.fd), true);
    assert.equal(descriptorOf(inherited.handle), inherited.fd);
    inherited.close();
    assert.equal(socket.owns(socket.fd), true);
    socket.close();
  }
});

test('what is no stream socket cannot be held', () => {
  const file = openSync(process.execPath, 'r');
  assert.throws(() => new HeldSocket({ fd: file }), { code: 'ERR_INVALID_FD_TYPE' });
  closeDescriptor(file);
  assert.throws(() => new HeldSocket({ fd: file }), { code: 'EBADF' });
});
