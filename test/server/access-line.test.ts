import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { EndedExchange } from '#exchange/exchange-log.ts';
import { ACCESS_LOG_FORMATS, type AccessLogFormat, lineFormat } from '#server/access-line.ts';
import { fakeRequest } from '../support/fake-request.ts';

/** A moment in local time, whatever the zone of the machine. */
const NOW = new Date(2026, 10, 29, 9, 5, 7, 80).getTime();
const ZONE = /[+-]\d{4}$/.exec(new Date(NOW).toString().split(' (')[0]!)![0];

function exchangeOf(
  parts: Parameters<typeof fakeRequest>[0] = {},
  end: Partial<EndedExchange> = {},
): EndedExchange {
  return {
    request: fakeRequest(parts),
    isWhole: true,
    status: 200,
    bytesIn: 3,
    bytesOut: 5,
    durationMs: 12.3456,
    outcome: 'complete',
    ...end,
  };
}

function lineOf(
  format: AccessLogFormat,
  exchange: EndedExchange,
  ip = '192.0.2.7',
  hasColour = false,
): string {
  return lineFormat({ format, hasColour, thread: 1, generation: 2 })(exchange, ip, NOW);
}

const BROWSER = { referer: 'http://a/"x', 'user-agent': 'Mozilla/5.0 (\\ \t\xe9)' };

suite('the combined format', () => {
  test('is that of nginx and Apache, escaped as nginx does', () => {
    const user = { authorization: `Basic ${Buffer.from('Ada "L":pw').toString('base64')}` };
    assert.equal(
      lineOf('combined', exchangeOf({ path: '/a?b="c"', fields: { ...BROWSER, ...user } })),
      `192.0.2.7 - Ada\\x20\\x22L\\x22 [29/Nov/2026:09:05:07 ${ZONE}] "GET /a?b=\\x22c\\x22 HTTP/1.1" 200 5 ` +
        '"http://a/\\x22x" "Mozilla/5.0 (\\x5C \\x09\\xE9)"\n',
    );
  });

  test('has dashes for what is not there, and the statuses of nginx for what was not answered', () => {
    const time = `[29/Nov/2026:09:05:07 ${ZONE}]`;
    const gone = exchangeOf({ minorVersion: 0 }, { status: 0, bytesOut: 0, outcome: 'aborted' });
    assert.equal(lineOf('combined', gone, ''), `unix: - - ${time} "GET / HTTP/1.0" 499 0 "-" "-"\n`);
    const cut = exchangeOf({}, { status: 0, bytesOut: 0, outcome: 'cut' });
    assert.equal(lineOf('combined', cut), `192.0.2.7 - - ${time} "GET / HTTP/1.1" 000 0 "-" "-"\n`);
    const nonsense = exchangeOf(
      { method: '', path: '', fields: BROWSER },
      { isWhole: false, status: 400, outcome: 'refused', reason: 'method-invalid' },
    );
    assert.equal(lineOf('combined', nonsense), `192.0.2.7 - - ${time} "-" 400 5 "-" "-"\n`);
  });
});

suite('the JSON format', () => {
  const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };

  test('has every member, whatever there is to say', () => {
    const exchange = exchangeOf({ path: '/a', fields: { ...BROWSER, ...trace, host: 'h' } });
    exchange.request.id = 'r-1';
    assert.deepEqual(JSON.parse(lineOf('json', exchange)), {
      time: new Date(NOW).toISOString(),
      requestId: 'r-1',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      parentId: 'b7ad6b7169203331',
      ip: '192.0.2.7',
      user: null,
      method: 'GET',
      target: '/a',
      protocol: 'HTTP/1.1',
      host: 'h',
      status: 200,
      outcome: 'complete',
      reason: null,
      bytesIn: 3,
      bytesOut: 5,
      durationMs: 12.346,
      thread: 1,
      generation: 2,
      referer: BROWSER.referer,
      userAgent: BROWSER['user-agent'],
    });
    const refused = exchangeOf(
      { method: '', path: '', fields: trace },
      {
        isWhole: false,
        status: 0,
        durationMs: undefined,
        bytesIn: undefined,
        outcome: 'refused',
        reason: 'x',
      },
    );
    const told = JSON.parse(lineOf('json', refused, ''));
    assert.deepEqual(Object.keys(told), Object.keys(JSON.parse(lineOf('json', exchange))));
    for (const name of ['traceId', 'ip', 'method', 'protocol', 'status', 'bytesIn', 'durationMs'])
      assert.equal(told[name], null, name);
    assert.equal(told.reason, 'x');
  });
});

suite('the format for people', () => {
  test('is short, and says how an exchange ended that was not completed', () => {
    assert.equal(lineOf('dev', exchangeOf({ path: '/a' })), '09:05:07 GET /a 200 12.3 ms 5 B\n');
    const late = exchangeOf({}, { status: 503, bytesOut: 2048, durationMs: 30_000, outcome: 'timeout' });
    assert.equal(lineOf('dev', late), '09:05:07 GET / 503 30.0 s 2.0 KiB timeout\n');
    const refused = exchangeOf(
      { method: '', path: '' },
      { isWhole: false, status: 400, durationMs: undefined, outcome: 'refused', reason: 'bare-lf' },
    );
    assert.equal(lineOf('dev', refused), '09:05:07 - 400 5 B refused: bare-lf\n');
  });

  test('has colours where they are wanted', () => {
    const line = lineOf('dev', exchangeOf({}, { status: 404 }), '', true);
    assert.ok(line.includes('\x1b[33m404\x1b[39m'), line);
  });
});

test('nothing that a peer sends ends a line, begins another, or is lost from JSON', () => {
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  const text = (): string =>
    String.fromCharCode(...Array.from({ length: random(20) }, () => (random(3) ? random(256) : 10)));
  for (let round = 0; round < 500; round += 1) {
    const [name, referer, agent, path, host] = [text(), text(), text(), text(), text()];
    const fields = {
      ...{ referer: referer!, 'user-agent': agent!, host: host! },
      authorization: `Basic ${Buffer.from(`${name}:`, 'latin1').toString('base64')}`,
    };
    for (const format of ACCESS_LOG_FORMATS) {
      const line = lineOf(format, exchangeOf({ path: `/${path}`, fields }));
      assert.match(line, /^[\x20-\x7e]+\n$/);
      if (format === 'combined')
        assert.match(line, /^\S+ - \S+ \[[^\]]+\] "[^"]*" \d{3} \d+ "[^"]*" "[^"]*"\n$/);
      if (format !== 'json') continue;
      const told = JSON.parse(line);
      assert.deepEqual([told.referer, told.userAgent, told.target], [referer, agent, `/${path}`]);
    }
  }
});
