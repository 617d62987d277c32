import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite, test } from 'node:test';
import type { LiveSnapshot } from '#server/live-snapshot.ts';
import { runHeddle, spawnHeddle } from '../support/spawn-heddle.ts';

/** Runs `heddle top` to its end, without colours: the runner may have asked its files for some. */
const top = (...args: string[]) => runHeddle(['top', ...args], { env: { FORCE_COLOR: undefined } });

suite('heddle top', () => {
  test('prints a server once, as text and as JSON, by port, address or URL', async () => {
    await using heddle = await spawnHeddle(['examples/hello/app.ts', '-t', '2', '--admin', '0']);
    const url = /admin on (\S+)/.exec(heddle.stdout)?.[1] ?? '';
    const { port } = new URL(url);
    for (const address of [port, `127.0.0.1:${port}`, url]) {
      const { code, stdout, stderr } = await top(address, '--once');
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(
        stdout,
        /^heddle \S+ {2}ready {2}generation 1 .*\n[\s\S]*\nserver-0 +ready .*\nserver-1 +ready /,
      );
    }
    // Nobody watches where there is no terminal.
    assert.equal((await top(port)).code, 0);
    const coloured = await runHeddle(['top', port], { env: { FORCE_COLOR: '1', NO_COLOR: undefined } });
    assert.ok(coloured.stdout.startsWith('\x1b[1mheddle '), coloured.stdout);
    const snapshot = JSON.parse((await top(port, '--json')).stdout) as LiveSnapshot;
    assert.deepEqual([snapshot.server.length, snapshot.ready, snapshot.pid], [2, 'ok', heddle.pid]);
  });

  test('says what to do where there is none to show', async () => {
    const other = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const refused = await top(String(port));
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /^heddle: What answers at 127\.0\.0\.1:\d+ is no admin endpoint .* \(status 200\)\. It is another program/,
    );
    await new Promise((resolve) => other.close(resolve));
    const nobody = await top(String(port));
    assert.equal(nobody.code, 1);
    assert.match(
      nobody.stderr,
      /^heddle: Nothing answers at 127\.0\.0\.1:\d+\. Start the server with --admin, or .*: heddle top HOST:PORT\.\n$/,
    );
    const nonsense = await top('no:address:at:all');
    assert.equal(nonsense.code, 1);
    assert.match(
      nonsense.stderr,
      /^heddle: "no:address:at:all" is no address of an admin endpoint\. Give a port, /,
    );
  });
});
