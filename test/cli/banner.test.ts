import assert from 'node:assert/strict';
import type { NetworkInterfaceInfo } from 'node:os';
import { suite, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { formatBanner, hintForFolder } from '#cli/banner.ts';
import { wantsColours } from '#cli/colours.ts';
import type { Server, ServerAddress } from '#server/running-server.ts';
import { settleConfig } from '#server/server-config.ts';
import { urlHost } from '#server/url-host.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { settings } = settleConfig([]);

function serverOn(address: ServerAddress, admin?: string): Server {
  const url = address.path ?? `http://${urlHost(address.host)}:${address.port}/`;
  const threads = { count: 2, reason: '2 cores' };
  return { url, address, admin, threads, settings } as unknown as Server;
}

function info(address: string, internal: boolean): NetworkInterfaceInfo {
  const family = address.includes(':') ? 'IPv6' : 'IPv4';
  return { address, internal, family, netmask: '', mac: '', cidr: null } as NetworkInterfaceInfo;
}

const INTERFACES = {
  lo: [info('127.0.0.1', true), info('::1', true)],
  eth0: [info('192.0.2.7', false), info('2001:db8::7', false)],
};

/** The lines for a person, without those that are empty. */
function lines(server: Server, hasColours = false, hint = ''): string[] {
  const facts = { version: '1.2.3', target: 'app.ts', server, startMs: 123.4, hint };
  return formatBanner(facts, { isTerminal: true, hasColours }, INTERFACES)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

suite('the banner', () => {
  test('says to a person where it is, and how to let others in', () => {
    assert.deepEqual(lines(serverOn({ host: '127.0.0.1', port: 7878 })), [
      'heddle 1.2.3  ready in 123 ms',
      '➜  Local:    http://127.0.0.1:7878/',
      '➜  Network:  use --host to let others in',
      '➜  Serving:  app.ts',
      '➜  Threads:  2 (2 cores)',
    ]);
  });

  test('names the addresses that others can type, where it listens on all', () => {
    for (const [host, own] of [
      ['::', 'localhost'],
      ['0.0.0.0', '127.0.0.1'],
    ] as const) {
      const [, local, network] = lines(serverOn({ host, port: 80 }));
      assert.deepEqual(
        [local, network],
        [`➜  Local:    http://${own}:80/`, '➜  Network:  http://192.0.2.7:80/'],
      );
    }
    const [, local, network] = lines(serverOn({ host: '192.0.2.7', port: 80 }));
    assert.deepEqual(
      [local, network],
      ['➜  Local:    http://192.0.2.7:80/', '➜  Network:  http://192.0.2.7:80/'],
    );
  });

  test('has no network on a Unix domain socket, and the admin endpoint where there is one', () => {
    const shown = lines(
      serverOn({ host: '', port: 0, path: '/run/x.sock' }, 'http://127.0.0.1:7879/'),
      false,
      'a hint',
    );
    assert.deepEqual(shown.slice(1), [
      '➜  Local:    /run/x.sock',
      '➜  Serving:  app.ts',
      'a hint',
      '➜  Admin:    http://127.0.0.1:7879/',
      '➜  Threads:  2 (2 cores)',
    ]);
  });

  test('has colours where they are wanted, and the same words', () => {
    const plain = lines(serverOn({ host: '::', port: 80 }));
    const coloured = lines(serverOn({ host: '::', port: 80 }), true);
    assert.ok(coloured.every((line) => line.includes('\u001b[')));
    assert.deepEqual(coloured.map(stripVTControlCharacters), plain);
  });

  test('is one plain line for a log', () => {
    const facts = {
      version: '1',
      target: 'app.ts',
      server: serverOn({ host: '127.0.0.1', port: 1 }),
      startMs: 9,
      hint: '',
    };
    const text = formatBanner(facts, { isTerminal: false, hasColours: true }, INTERFACES);
    assert.equal(text, 'heddle: serving app.ts on http://127.0.0.1:1/ (2 threads: 2 cores; ready in 9 ms)\n');
  });
});

suite('colours', () => {
  const cases: readonly [environment: Record<string, string>, isTTY: boolean, wanted: boolean][] = [
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ TERM: 'dumb' }, true, false],
  ];
  for (const [environment, isTTY, wanted] of cases)
    test(`${JSON.stringify(environment)}, ${isTTY ? 'a terminal' : 'a pipe'}: ${wanted}`, () =>
      assert.equal(wantsColours({ isTTY }, environment), wanted));
});

test('of a folder alone it is said where there is no page at its root, unless serve.json may say another', () => {
  const settings = { listing: false, single: false };
  const without = temporaryFolder({ 'a.txt': '' });
  assert.match(hintForFolder(without, settings), /no index\.html in it; --listing/);
  assert.equal(hintForFolder(without, { ...settings, single: true }), 'there is no index.html in it');
  assert.equal(hintForFolder(without, { ...settings, listing: true }), '');
  const withApp = temporaryFolder({ 'server.js': '' });
  assert.equal(
    hintForFolder(withApp, settings),
    `there is no index.html in it; an app is served by its name: heddle ${withApp}/server.js`,
  );
  for (const name of ['index.html', 'serve.json'])
    assert.equal(hintForFolder(temporaryFolder({ [name]: '' }), settings), '', name);
});
