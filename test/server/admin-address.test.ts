import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isLoopback, parseAdminAddress } from '#server/admin-address.ts';
import { objectLayer, settleConfig } from '#server/server-config.ts';

describe('the address of the admin endpoint', () => {
  const addresses: readonly (readonly [text: string, host: string, port: number])[] = [
    ['7879', '127.0.0.1', 7879],
    ['0', '127.0.0.1', 0],
    ['65535', '127.0.0.1', 65_535],
    ['0.0.0.0:7879', '0.0.0.0', 7879],
    ['localhost:1', 'localhost', 1],
    ['[::1]:0', '::1', 0],
    ['[::ffff:10.0.0.1]:80', '::ffff:10.0.0.1', 80],
  ];
  for (const [text, host, port] of addresses) {
    test(`${text} is port ${port} of ${host}`, () => {
      assert.deepEqual(parseAdminAddress(text), { host, port });
      assert.equal(settleConfig([objectLayer({ admin: text }, 'test')]).settings.admin, text);
    });
  }

  test('may be a number in code, and an empty text is none', () => {
    assert.equal(settleConfig([objectLayer({ admin: 7879 }, 'test')]).settings.admin, '7879');
    assert.equal(settleConfig([objectLayer({ admin: '' }, 'test')]).settings.admin, '');
  });

  const refused = ['abc', '99999', '65536', '-1', '1.5', ':80', 'a:', 'a:b:80', '::1:80', '[::1]', '[a]:80'];
  for (const value of [...refused, 'http://a:80', 'a b:80', ' 80', 1.5, true, 70_000]) {
    test(`${JSON.stringify(value)} is refused, with what it should be`, () => {
      assert.throws(() => settleConfig([objectLayer({ admin: value }, 'app.ts')]), {
        code: 'ERR_HEDDLE_OPTION',
        message: `admin in app.ts: ${JSON.stringify(value)} is not a port, host:port or [IPv6]:port, or an empty text for none. Give it such a value, or leave it out.`,
      });
    });
  }

  test('is of this machine alone in 127.0.0.0/8 and as ::1', () => {
    for (const address of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])
      assert.ok(isLoopback(address));
    for (const address of ['0.0.0.0', '::', '10.127.0.1', '192.168.0.1']) assert.ok(!isLoopback(address));
  });
});
