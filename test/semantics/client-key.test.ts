import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clientKey, hashKey } from '#semantics/client-key.ts';

/** One letter for each client, by the order in which they are met. */
function clients(...addresses: string[]): string {
  const letters = new Map<string, string>();
  return addresses
    .map((address) => {
      const key = JSON.stringify(clientKey(address));
      letters.set(key, letters.get(key) ?? String.fromCharCode(97 + letters.size));
      return letters.get(key);
    })
    .join('');
}

describe('whom an address counts as', () => {
  test('each IPv4 address is a client, however it is written', () => {
    assert.equal(clients('192.0.2.1', '192.0.2.2', '::ffff:192.0.2.1', '::ffff:c000:201'), 'abaa');
    assert.equal(clients('255.255.255.255', '0.0.0.0', '128.0.0.0'), 'abc');
  });

  test('all addresses of a /64 are one client, and no others', () => {
    assert.equal(
      clients('2001:db8:1:2::1', '2001:db8:1:2:ffff::', '2001:db8:1:3::1', '2001:db9:1:2::1'),
      'aabc',
    );
  });

  test('no address of IPv6 counts as one of IPv4', () => {
    assert.equal(clients('0.0.0.1', '::1', '1.2.3.4', '::1.2.3.4', '0:0:102:304::'), 'abcbd');
  });

  test('a zone is no part of an address, and what is no address is nobody', () => {
    assert.deepEqual(clientKey('fe80::1%eth0'), clientKey('fe80::1'));
    for (const text of ['', 'localhost', '1.2.3', '1.2.3.4:80', '[::1]']) {
      assert.equal(clientKey(text), undefined, text);
    }
  });
});

describe('the hash of a key', () => {
  test('spreads clients that follow each other, otherwise with each seed', () => {
    const placesOf = (seed: number): number[] =>
      Array.from({ length: 8192 }, (_, low) => hashKey({ high: -1, low }, seed) & 1023);
    const crowds = new Map<number, number>();
    for (const place of placesOf(1)) crowds.set(place, (crowds.get(place) ?? 0) + 1);
    // Eight are expected in each.
    assert.ok(Math.max(...crowds.values()) < 32);
    assert.notDeepEqual(placesOf(1), placesOf(2));
  });
});
