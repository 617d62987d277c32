import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainAddress } from '#net/plain-address.ts';

test('an IPv4 address that is mapped into IPv6 becomes what it was (RFC4291§2.5.5.2)', () => {
  assert.equal(plainAddress('::ffff:127.0.0.1'), '127.0.0.1');
});

test('every other address stays as it is', () => {
  for (const address of ['127.0.0.1', '::1', '2001:db8::ffff:1', '::ffff:0:1', 'fe80::1%eth0', '']) {
    assert.equal(plainAddress(address), address);
  }
});
