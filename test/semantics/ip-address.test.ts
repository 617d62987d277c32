import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { formatAddress, isInRange, parseAddress, parseIpv6, parseRange } from '#semantics/ip-address.ts';

/** What `formatAddress` makes of a text, where it is an address. */
function settled(text: string): string | undefined {
  const address = parseAddress(text);
  return address === undefined ? undefined : formatAddress(address);
}

const anyAddress = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), {
  minLength: 8,
  maxLength: 8,
});

suite('an IP address', () => {
  const texts: readonly (readonly [string, string | undefined])[] = [
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:C000:0201', '192.0.2.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:0:0:10:20:30:0:0', '1::10:20:30:0:0'],
    ['10:0:0:20:0:0:0:0', '10:0:0:20::'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['192.0.2', undefined],
    ['192.0.2.256', undefined],
    ['010.0.0.1', undefined],
    ['192.0.2.1 ', undefined],
    ['[::1]', undefined],
    ['::1%eth0', undefined],
    ['1::2::3', undefined],
    [':::1', undefined],
    ['1:2:3:4:5:6:7:8:9', undefined],
    ['1:2:3:4:5:6:7:8::', undefined],
    ['12345::', undefined],
    ['', undefined],
    ['unknown', undefined],
    [':'.repeat(16_000), undefined],
  ];
  for (const [text, expected] of texts) {
    const shown = text.length > 50 ? `${text.length} colons` : JSON.stringify(text);
    test(`${shown} ${expected === undefined ? 'is none' : `is ${expected}`} (RFC3986§3.2.2, RFC5952§4)`, () => {
      assert.equal(settled(text), expected);
    });
  }

  test('has one text, from which it is read again (RFC5952§4)', () => {
    fc.assert(
      fc.property(anyAddress, (address) => {
        const text = formatAddress(address);
        assert.deepEqual(parseAddress(text), address);
        assert.equal(settled(address.map((group) => group.toString(16).toUpperCase()).join(':')), text);
        // URL writes addresses as RFC5952§4 says, but for those that stand for one of IPv4.
        if (text.includes(':')) assert.equal(new URL(`http://[${text}]/`).hostname, `[${text}]`);
      }),
    );
  });

  test('is one where Node finds one too', () => {
    const parts = fc.array(fc.constantFrom('0', '1', 'ffff', 'F', ':', '::', '1.2.3.4', '00001', '.', 'g'), {
      maxLength: 17,
    });
    fc.assert(
      fc.property(parts, (pieces) => {
        const text = pieces.join('');
        assert.equal(parseIpv6(text) !== undefined, isIPv6(text), text);
      }),
      { numRuns: 5000 },
    );
  });
});

suite('a range of addresses', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/8', '::ffff:10.1.1.1', true],
    ['::ffff:10.0.0.0/104', '10.1.1.1', true],
    ['172.16.0.0/12', '172.31.255.255', true],
    ['172.16.0.0/12', '172.32.0.0', false],
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['192.0.2.0/31', '192.0.2.1', true],
    ['192.0.2.0/31', '192.0.2.2', false],
    ['128.0.0.0/1', '203.0.113.9', true],
    ['128.0.0.0/1', '2001:db8::1', false],
    ['fe80::/10', 'febf::1', true],
    ['fe80::/10', 'fec0::1', false],
    ['2001:db8::1', '2001:db8::1', true],
  ];
  for (const [range, address, expected] of cases) {
    test(`${range} ${expected ? 'has' : 'has not'} ${address}`, () => {
      assert.equal(isInRange(parseAddress(address)!, parseRange(range)!), expected);
    });
  }

  const malformed = ['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/8/8', '/8', '10.0.0.0/-1', '10/8'];
  const everybody = ['0.0.0.0/0', '::/0'];
  // Of the last all addresses would be, though it looks like ten million.
  const longerThanPrefix = ['10.1.2.3/8', '192.0.2.1/31', '2001:db8::1/32', '::ffff:10.0.0.0/8'];
  for (const text of [...malformed, ...everybody, ...longerThanPrefix]) {
    test(`${text} is none`, () => assert.equal(parseRange(text), undefined));
  }
});
