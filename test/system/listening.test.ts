import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, lstatSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { describe, type TestContext, test } from 'node:test';
import { canHoldPaths, descriptorOf, HeldSocket } from '#native/held-socket.ts';
import { openDuplicator } from '#native/open-duplicator.ts';
import { MAIN, runHeddle, type SpawnOptions, spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { Launched } from './launched.ts';
import { RawConnection } from './raw-connection.ts';

const WHO = 'test/system/fixtures/who.ts';
const NO_IPV6 =
  !Object.values(networkInterfaces())
    .flat()
    .some((one) => one?.address === '::1') && 'this machine has no IPv6';
const NO_PATHS = !canHoldPaths() && 'this Node holds no Unix domain sockets';

interface Told {
  readonly url: string;
  readonly ip: string;
  readonly thread: number;
  readonly passed: readonly string[];
}

/** What the app is told of a connection to here. */
async function ask(place: string): Promise<Told> {
  await using connection = await RawConnection.open(place);
  return JSON.parse((await connection.fetch('/where')).body) as Told;
}

describe('--host', () => {
  test('alone listens on both families, and an IPv4 client has its plain address', {
    skip: NO_IPV6,
  }, async () => {
    await using heddle = await spawnHeddle([WHO, '-t', '2', '--host']);
    const { port, hostname } = new URL(heddle.url);
    assert.equal(hostname, 'localhost');
    assert.equal((await ask(`http://127.0.0.1:${port}/`)).ip, '127.0.0.1');
    assert.equal((await ask(`http://[::1]:${port}/`)).ip, '::1');
    assert.equal((await fetch(heddle.url)).status, 200, 'the address in the banner works');
    for (const host of [['--host'], ['--host', '0.0.0.0'], ['--host', '127.0.0.1'], ['--host', '::1']]) {
      const { code, stderr } = await runHeddle([WHO, '-t', '2', ...host, '--port', port]);
      assert.equal(code, 1, host.join(' '));
      assert.match(stderr, new RegExp(`^heddle: Port ${port} on \\S+ is taken`), host.join(' '));
    }
  });

  test('::1 is IPv6 alone, and a URL that works', { skip: NO_IPV6 }, async () => {
    await using heddle = await spawnHeddle([WHO, '-t', '2', '--host', '::1']);
    assert.match(heddle.url, /^http:\/\/\[::1\]:\d+\/$/);
    assert.equal((await ask(heddle.url)).ip, '::1');
    const { port } = new URL(heddle.url);
    await assert.rejects(RawConnection.open(`http://127.0.0.1:${port}/`), { code: 'ECONNREFUSED' });
  });

  test('0.0.0.0 is IPv4 alone, and a URL that works', async () => {
    await using heddle = await spawnHeddle([WHO, '-t', '1', '--host', '0.0.0.0']);
    assert.match(heddle.url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    assert.equal((await ask(heddle.url)).ip, '127.0.0.1');
  });
});

describe('--socket', { skip: NO_PATHS }, () => {
  test('listens on a file with the mode asked for, and removes it at the end', async () => {
    const path = `${temporaryFolder()}/heddle.sock`;
    await using heddle = await spawnHeddle([WHO, '-t', '2', '--socket', path, '--socket-mode', '660']);
    assert.equal(heddle.url, path);
    assert.equal(statSync(path).mode & 0o777, 0o660);
    const { url, ip } = await ask(path);
    assert.deepEqual([url, ip], ['http://heddle.test/where', '']);
    await using old = await RawConnection.open(path);
    old.send('GET /old HTTP/1.0\r\n\r\n');
    assert.equal((JSON.parse((await old.reply()).body) as Told).url, 'http://localhost/old');
    assert.deepEqual(await heddle.stop(), { code: 0, signal: null });
    assert.equal(existsSync(path), false);
  });

  test('is set by the environment too', async () => {
    const path = `${temporaryFolder()}/heddle.sock`;
    const env = { HEDDLE_SOCKET: path, HEDDLE_SOCKET_MODE: '0600' };
    await using heddle = await spawnHeddle([WHO, '-t', '1'], { env });
    assert.equal(heddle.url, path);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  test('removes the file of a server that was killed, and is refused where one serves', async () => {
    const path = `${temporaryFolder()}/heddle.sock`;
    const args = [WHO, '-t', '1', '--socket', path];
    await using killed = await spawnHeddle(args);
    await killed.stop('SIGKILL');
    assert.ok(lstatSync(path).isSocket());
    await using heddle = await spawnHeddle(args);
    const { code, stderr } = await runHeddle(args);
    assert.equal(code, 1);
    assert.equal(
      stderr,
      `heddle: A server listens on the socket ${path}. Use another --socket, or stop that server.\n`,
    );
    assert.equal((await ask(heddle.url)).thread, 0);
  });

  test('never removes a file that is no socket', async () => {
    const path = `${temporaryFolder()}/precious`;
    writeFileSync(path, 'precious');
    const { code, stderr } = await runHeddle([WHO, '--socket', path]);
    assert.equal(code, 1);
    assert.match(stderr, /^heddle: The socket \S+ is no socket and stays\.[^\n]*\n$/);
    assert.ok(statSync(path).isFile());
  });
});

/** As systemd starts a service: the sockets from number 3 on, and the number of the process that they are for. */
async function activation(
  context: TestContext,
  ...sockets: readonly HeldSocket[]
): Promise<SpawnOptions & { readonly pass: readonly number[] }> {
  const duplicator = (await openDuplicator('ffi')) ?? (await openDuplicator('helper'));
  assert.ok(duplicator);
  const pass = await Promise.all(sockets.map((socket) => duplicator.duplicate(socket)));
  await Promise.all(sockets.map(async (socket) => socket.listen(await duplicator.duplicate(socket), 64)));
  context.after(() => {
    duplicator.close();
    for (const socket of sockets) socket.close();
  });
  return { ...activated(pass), pass };
}

function activated(pass: readonly number[], entry = MAIN): SpawnOptions {
  const shell = 'LISTEN_PID=$$ exec "$0" "$@"';
  const env = { LISTEN_FDS: String(pass.length), LISTEN_FDNAMES: 'web' };
  return { command: ['sh', '-c', shell, process.execPath, entry], env, pass };
}

describe('sockets that systemd passes', () => {
  test('are listened on by all threads instead of the port, and the app sees no sign of them', async (context) => {
    const tcp = new HeldSocket({ host: '127.0.0.1', port: 0, reusePort: false });
    const options = await activation(context, tcp);
    const url = `http://127.0.0.1:${tcp.address.port}/`;
    // It came before the server did, and is answered by it.
    const early = ask(url);
    await using heddle = await spawnHeddle([WHO, '-t', '2'], options);
    assert.equal(heddle.url, url);
    const told = await early;
    assert.deepEqual([told.ip, told.passed], ['127.0.0.1', []]);
    assert.deepEqual(await heddle.stop(), { code: 0, signal: null });
    // The socket is systemd's: what comes now waits for the next start.
    await using waiting = await RawConnection.open(url);
    await using next = await spawnHeddle([WHO, '-t', '2'], options);
    assert.equal((await waiting.fetch('/where')).status, 200);
    assert.equal((await ask(next.url)).ip, '127.0.0.1');
  });

  test('are kept by a launcher, and the app sees no sign of it', async (context) => {
    const tcp = new HeldSocket({ host: '127.0.0.1', port: 0, reusePort: false });
    const options = await activation(context, tcp);
    const url = `http://127.0.0.1:${tcp.address.port}/`;
    await using launched = await Launched.start([WHO, '-t', '2'], options);
    assert.equal(launched.heddle.url, url);
    assert.deepEqual((await ask(url)).passed, []);
    process.kill(launched.serverPid, 'SIGKILL');
    assert.deepEqual((await ask(url)).passed, []);
    await launched.untilSuccessors(1);
    assert.deepEqual(await launched.heddle.stop(), { code: 0, signal: null }, launched.heddle.stderr);
  });

  test('may be several, and Unix domain sockets, whose files stay', { skip: NO_PATHS }, async (context) => {
    const path = `${temporaryFolder()}/heddle.sock`;
    const tcp = new HeldSocket({ host: '127.0.0.1', port: 0, reusePort: false });
    const options = await activation(context, new HeldSocket({ path }), tcp);
    await using heddle = await spawnHeddle([WHO, '-t', '2'], options);
    assert.equal(heddle.url, path);
    assert.equal((await ask(path)).ip, '');
    assert.equal((await ask(`http://127.0.0.1:${tcp.address.port}/`)).ip, '127.0.0.1');
    await heddle.stop();
    assert.ok(lstatSync(path).isSocket());
  });

  test('are listened on by a program that embeds the server, too', async (context) => {
    const tcp = new HeldSocket({ host: '127.0.0.1', port: 0, reusePort: false });
    const { pass } = await activation(context, tcp);
    await using embedded = await spawnHeddle([], activated(pass, 'test/system/fixtures/embedded.ts'));
    assert.equal(embedded.url, `http://127.0.0.1:${tcp.address.port}/`);
    assert.deepEqual((await ask(embedded.url)).passed, []);
  });

  test('are passed over where they are for another process', async (context) => {
    const { command: _, ...options } = await activation(
      context,
      new HeldSocket({ host: '127.0.0.1', port: 0, reusePort: false }),
    );
    const env = { ...options.env, LISTEN_PID: String(process.pid) };
    await using heddle = await spawnHeddle([WHO, '-t', '1'], { ...options, env });
    const told = await ask(heddle.url);
    assert.equal(new URL(told.url).pathname, '/where');
    assert.deepEqual(told.passed, []);
  });

  test('that are connected to a client already, as with Accept=yes, are refused with the setting', async (context) => {
    const listening = new HeldSocket({ host: '127.0.0.1', port: 0, reusePort: false });
    await activation(context, listening);
    const client = connect({ host: '127.0.0.1', port: listening.address.port });
    context.after(() => client.destroy());
    await once(client, 'connect');
    const { code, stderr } = await runHeddle(
      [WHO],
      activated([descriptorOf(Reflect.get(client, '_handle'))]),
    );
    assert.equal(code, 1);
    assert.match(stderr, /^heddle: Descriptor 3, [^\n]*\(EINVAL\)[^\n]*Accept=no\.\n$/);
  });
});
