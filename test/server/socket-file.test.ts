import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { canHoldPaths, MAX_SOCKET_PATH_BYTES } from '#native/held-socket.ts';
import { bindSocketFile } from '#server/socket-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Leaves a socket file behind, as a server that is killed does. */
function leaveStale(path: string): void {
  const source = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  assert.equal(spawnSync(process.execPath, ['-e', source]).signal, 'SIGKILL');
  assert.ok(lstatSync(path).isSocket());
}

describe('binding a Unix domain socket', { skip: !canHoldPaths() && 'this Node cannot' }, () => {
  test('makes a file that closing removes', async () => {
    const path = `${temporaryFolder()}/heddle.sock`;
    const socket = await bindSocketFile({ path });
    assert.deepEqual(socket.address, { host: '', port: 0, family: 'unix', path });
    assert.ok(lstatSync(path).isSocket());
    socket.close();
    assert.equal(existsSync(path), false);
  });

  test('gives the file the mode asked for, else that of the umask', async () => {
    const folder = temporaryFolder();
    const before = process.umask(0o027);
    try {
      for (const [mode, expected] of [
        [0o660, 0o660],
        [0o606, 0o606],
        [undefined, 0o750],
      ] as const) {
        const path = `${folder}/heddle.sock`;
        const socket = await bindSocketFile({ path, ...(mode === undefined ? {} : { mode }) });
        assert.equal(statSync(path).mode & 0o777, expected);
        socket.close();
      }
    } finally {
      process.umask(before);
    }
  });

  test('removes the file of a server that was killed', async () => {
    const path = `${temporaryFolder()}/heddle.sock`;
    leaveStale(path);
    const socket = await bindSocketFile({ path });
    assert.equal(socket.address.path, path);
    socket.close();
    assert.equal(existsSync(path), false);
  });

  test('is refused where a server listens, which keeps its file', async (context) => {
    const path = `${temporaryFolder()}/heddle.sock`;
    const server = createServer().listen(path);
    context.after(() => server.close());
    await assert.rejects(bindSocketFile({ path }), {
      code: 'ERR_HEDDLE_SOCKET_IN_USE',
      message: `A server listens on the socket ${path}. Use another --socket, or stop that server.`,
    });
    assert.ok(lstatSync(path).isSocket());
  });

  test('never removes what is no socket: a file, a folder, a link', async () => {
    const folder = temporaryFolder({ file: 'precious' });
    mkdirSync(`${folder}/folder`);
    const stale = `${folder}/stale.sock`;
    leaveStale(stale);
    symlinkSync(stale, `${folder}/link`);
    symlinkSync(`${folder}/nowhere`, `${folder}/dangling`);
    for (const name of ['file', 'folder', 'link', 'dangling']) {
      await assert.rejects(
        bindSocketFile({ path: `${folder}/${name}` }),
        { code: 'ERR_HEDDLE_SOCKET_PATH', message: /is no socket and stays\. Choose another path/ },
        name,
      );
      assert.ok(lstatSync(`${folder}/${name}`));
    }
    assert.equal(readFileSync(`${folder}/file`, 'utf8'), 'precious');
    assert.ok(lstatSync(stale).isSocket());
  });

  test('leaves the file of a later server alone when it closes', async () => {
    const path = `${temporaryFolder()}/heddle.sock`;
    const socket = await bindSocketFile({ path });
    spawnSync('rm', [path]);
    writeFileSync(path, 'of somebody else');
    socket.close();
    assert.equal(readFileSync(path, 'utf8'), 'of somebody else');
  });

  test('closes quietly where the file is gone already', async () => {
    const folder = temporaryFolder();
    const socket = await bindSocketFile({ path: `${folder}/heddle.sock` });
    spawnSync('rm', [`${folder}/heddle.sock`]);
    socket.close();
    assert.equal(existsSync(`${folder}/heddle.sock`), false);
  });

  test('names the folder that is missing', async () => {
    const folder = temporaryFolder();
    await assert.rejects(bindSocketFile({ path: `${folder}/run/heddle.sock` }), {
      code: 'ERR_HEDDLE_SOCKET_PATH',
      message: `The socket ${folder}/run/heddle.sock cannot be made: there is no folder ${folder}/run. Make it, or choose another.`,
    });
  });

  test('takes a path as long as the kernel can, and refuses a longer one, which would be cut', async () => {
    const folder = temporaryFolder();
    const longest = `${folder}/${'x'.repeat(MAX_SOCKET_PATH_BYTES - folder.length - 1)}`;
    const socket = await bindSocketFile({ path: longest });
    assert.ok(lstatSync(longest).isSocket());
    socket.close();
    await assert.rejects(bindSocketFile({ path: `${longest}y` }), {
      code: 'ERR_HEDDLE_SOCKET_PATH',
      message: /has more than 10[37] bytes\. Choose a shorter one\.$/,
    });
    assert.equal(existsSync(longest), false);
  });
});
