import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { findClient, lastValue, type ProxyTrust, parseTrustedAddresses } from '#semantics/forwarded.ts';

const PEER = '10.0.0.1';

/** The client by an X-Forwarded-For, as `peer` sent it. */
function byList(trust: ProxyTrust | string, forwardedFor: string | undefined, peer = PEER): string {
  const trusted = typeof trust === 'string' ? parseTrustedAddresses(trust)! : trust;
  return findClient(trusted, peer, { forwardedFor, forwarded: undefined }).address;
}

/** The client, scheme and host by a Forwarded, as one trusted proxy sent it. */
function byForwarded(forwarded: string, trust: ProxyTrust | string = 1): string {
  const trusted = typeof trust === 'string' ? parseTrustedAddresses(trust)! : trust;
  const { address, element } = findClient(trusted, PEER, { forwardedFor: undefined, forwarded });
  return [address, element?.proto, element?.host].filter((part) => part !== undefined).join(' ');
}

suite('the client by X-Forwarded-For', () => {
  const counted: readonly (readonly [string, number, string | undefined, string])[] = [
    ['nobody is trusted', 0, '192.0.2.1', PEER],
    ['the field is absent', 1, undefined, PEER],
    ['one hop is trusted', 1, '192.0.2.1', '192.0.2.1'],
    ['the client wrote another before it', 1, '203.0.113.9, 192.0.2.1', '192.0.2.1'],
    ['two hops are trusted', 2, '203.0.113.9, 192.0.2.1, 10.0.0.2', '192.0.2.1'],
    ['more hops are trusted than there are', 9, '192.0.2.1, 10.0.0.2', '192.0.2.1'],
    ['there are 10,000 hops', 1, `${'203.0.113.9,'.repeat(9999)}192.0.2.1`, '192.0.2.1'],
    ['the trusted one says unknown', 1, '203.0.113.9, unknown', PEER],
    ['the second one says unknown', 3, '203.0.113.9, unknown, 10.0.0.2', '10.0.0.2'],
    ['it hides its client', 1, '203.0.113.9, _hidden', PEER],
    ['it says nothing', 1, '203.0.113.9, ', PEER],
    ['it says nothing at all', 1, '', PEER],
    ['there are commas alone', 5, ',,,', PEER],
    ['it has a port', 1, '192.0.2.1:4711', '192.0.2.1'],
    ['it is of IPv6', 1, '2001:DB8::1', '2001:db8::1'],
    ['it is of IPv6 with brackets', 1, '[2001:db8::1]', '2001:db8::1'],
    ['it is of IPv6 with a port', 1, '[2001:db8::1]:4711', '2001:db8::1'],
    ['it is of IPv4 in the form of IPv6', 1, '::ffff:192.0.2.1', '192.0.2.1'],
    ['it is in quotes', 1, '"192.0.2.1"', PEER],
    ['its port is none', 1, '192.0.2.1:x', PEER],
    ['its bracket is open', 1, '[2001:db8::1', PEER],
    ['it is of IPv4 in brackets', 1, '[192.0.2.1]', PEER],
    ['it has a zone', 1, 'fe80::1%eth0', PEER],
    ['it is a name', 1, 'localhost', PEER],
    ['there are blanks around it', 1, '203.0.113.9 ,\t 192.0.2.1\t', '192.0.2.1'],
  ];
  for (const [when, hops, field, expected] of counted) {
    test(`where ${when}, with ${hops} trusted hops`, () => assert.equal(byList(hops, field), expected));
  }

  const listed: readonly (readonly [string, string, string, string, string])[] = [
    ['the peer is not in the list', '10.9.0.0/16', PEER, '192.0.2.1', PEER],
    ['the peer is', '10.0.0.0/16', PEER, '192.0.2.1', '192.0.2.1'],
    ['the next is too', '10.0.0.0/16', PEER, '203.0.113.9, 192.0.2.1, 10.0.0.2', '192.0.2.1'],
    ['the client is as well', 'private', PEER, '192.168.0.9, 172.16.0.1', '192.168.0.9'],
    ['the client is and tells nonsense', 'private', PEER, 'x, 192.168.0.9', '192.168.0.9'],
    ['the peer is of IPv6', 'loopback', '::1', '192.0.2.1', '192.0.2.1'],
    ['the peer has a zone', 'linklocal', 'fe80::1%eth0', '192.0.2.1', '192.0.2.1'],
    ['the peer is IPv4 in the form of IPv6', 'loopback', '::ffff:127.0.0.1', '192.0.2.1', '192.0.2.1'],
    ['the peer has a Unix domain socket', 'loopback', '', '192.0.2.1', '192.0.2.1'],
    ['it has one, and that is not listed', 'private', '', '192.0.2.1', ''],
  ];
  for (const [when, list, peer, field, expected] of listed) {
    test(`where ${when}, with ${list} trusted`, () => assert.equal(byList(list, field, peer), expected));
  }

  test('is never what stands left of the first that is not trusted', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), fc.integer({ min: 1, max: 3 }), (written, hops) => {
        const proxies = ['192.0.2.1', '10.0.0.2', '10.0.0.3'].slice(0, hops);
        assert.equal(byList(hops, [written, ...proxies].join(', ')), '192.0.2.1');
        assert.equal(byList('private', [written, ...proxies].join(',')), '192.0.2.1');
      }),
    );
  });
});

suite('the client by Forwarded (RFC7239§4)', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['an address', 'for=192.0.2.1', '192.0.2.1'],
    ['an address in quotes', 'for="192.0.2.1"', '192.0.2.1'],
    ['an address with a port', 'for="192.0.2.1:4711"', '192.0.2.1'],
    ['an address with a hidden port', 'for="192.0.2.1:_p"', '192.0.2.1'],
    ['an IPv6 address', 'For="[2001:db8::1]"', '2001:db8::1'],
    ['an IPv6 address with a port', 'for="[2001:db8::1]:4711"', '2001:db8::1'],
    ['scheme and host', 'for=192.0.2.1;proto=https;host="a:8";by=10.0.0.1', '192.0.2.1 https a:8'],
    ['names in any case', 'FOR=192.0.2.1 ; PROTO=https', '192.0.2.1 https'],
    ['an escape in quotes', 'for=192.0.2.1;host="a\\b"', '192.0.2.1 ab'],
    ['the client before it', 'for=203.0.113.9;host=evil, for=192.0.2.1;host=a', '192.0.2.1 a'],
    ['a comma in quotes', 'for=192.0.2.1;x="for=203.0.113.9, for=203.0.113.9"', '192.0.2.1'],
    ['a quote in quotes', 'for=203.0.113.9, for=192.0.2.1;x="\\", for=203.0.113.9"', '192.0.2.1'],
    ['a quote that the client left open', 'for="203.0.113.9, for=192.0.2.1', '192.0.2.1'],
    ['an escape that the client left open', 'for="\\, for=192.0.2.1;host="a"', '192.0.2.1 a'],
    ['empty elements', ', for=192.0.2.1, ,', '192.0.2.1'],
    ['empty pairs', ';for=192.0.2.1;;', '192.0.2.1'],
    ['unknown', 'for=unknown;proto=https', '10.0.0.1 https'],
    ['a hidden one', 'for=_hidden;host=a', '10.0.0.1 a'],
    ['no client', 'proto=https', '10.0.0.1 https'],
    ['one thing twice', 'for=192.0.2.1;for=192.0.2.2', '10.0.0.1'],
    ['a port without quotes', 'for=192.0.2.1:4711', '10.0.0.1'],
    ['blanks around the equals sign', 'for = 192.0.2.1', '10.0.0.1'],
    ['text behind a quote', 'for="192.0.2.1"x', '10.0.0.1'],
    ['nothing', '', '10.0.0.1'],
    ['an open quote alone', '"', '10.0.0.1'],
  ];
  for (const [what, field, expected] of cases) {
    test(`${what}: ${field}`, () => assert.equal(byForwarded(field), expected));
  }

  test('scheme and host are those that the client gave to the outermost trusted proxy', () => {
    const field =
      'for=203.0.113.9;host=evil, for=192.0.2.1;proto=https;host=a, for=10.0.0.2;proto=http;host=b';
    assert.equal(byForwarded(field, 'private'), '192.0.2.1 https a');
    assert.equal(byForwarded(field, 1), '10.0.0.2 http b');
    assert.equal(byForwarded(field, 0), PEER);
  });

  test('an X-Forwarded-For goes before it: a proxy that writes one may let through the other', () => {
    const fields = { forwardedFor: '192.0.2.1', forwarded: 'for=203.0.113.9;proto=https;host=evil' };
    assert.deepEqual(findClient(1, PEER, fields), { address: '192.0.2.1', element: undefined });
  });

  test('what a client writes before the element of a trusted proxy changes nothing', () => {
    const piece = fc.constantFrom('"', '\\', ',', ';', '=', 'for', 'host', 'evil', ' ', '\t', '[::1]');
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const field = `${pieces.join('')}, for=192.0.2.1;host="a"`;
        assert.equal(byForwarded(field), '192.0.2.1 a');
      }),
      { numRuns: 2000 },
    );
  });

  // Where it took time with the square of the length, it would take minutes.
  test('any text is read, in time that grows with its length', { timeout: 20_000 }, () => {
    fc.assert(fc.property(fc.string({ unit: 'binary-ascii' }), (text) => void byForwarded(text, 'private')));
    for (const part of ['"', '\\"', '\\', ' ', ',', 'for=10.0.0.1,', ';', 'a="', 'a=']) {
      byForwarded(part.repeat(100_000), 'private');
    }
  });
});

suite('which addresses are trusted', () => {
  for (const text of [
    '',
    ',',
    'true',
    'loopback,',
    'localhost',
    '10.0.0.0/33',
    '1.5',
    '-1',
    'toString',
    '::1 ::2',
  ]) {
    test(`${JSON.stringify(text)} is no list of them`, () => {
      assert.equal(parseTrustedAddresses(text), undefined);
    });
  }
});

suite('the last value of a field', () => {
  test('is the nearest proxy’s', () => {
    assert.equal(lastValue('http, https'), 'https');
    assert.equal(lastValue(' a\t'), 'a');
    assert.equal(lastValue('a, '), undefined);
    assert.equal(lastValue(undefined), undefined);
  });
});
