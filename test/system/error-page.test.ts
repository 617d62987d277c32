import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { RawConnection } from './raw-connection.ts';

const PATHS = 'test/system/fixtures/paths.ts';
const BROWSER = 'Accept: text/html,*/*;q=0.8\r\n';
const JSON_TYPE = 'Accept: application/json\r\n';

function failing(method: string, accept: string): string {
  return `${method} /fail?<a> HTTP/1.1\r\nHost: h\r\n${accept}\r\n`.replace('<a>', 'a=%3Cb%3E&c');
}

describe('an app that fails in development', () => {
  test('tells a browser the line that failed, a program the stack as JSON, and curl as text', async () => {
    await using heddle = await spawnHeddle([PATHS, '-t', '1'], { env: { NODE_ENV: 'development' } });
    await using connection = await RawConnection.open(heddle.url);
    connection.send(failing('GET', BROWSER));
    const page = await connection.reply();
    assert.equal(page.status, 500);
    assert.equal(page.headers.get('content-type'), 'text/html;charset=UTF-8');
    assert.equal(page.headers.get('cache-control'), 'no-store');
    assert.match(page.body, /<code>GET \/fail\?a=%3Cb%3E&amp;c<\/code>/);
    assert.match(page.body, /<figcaption>[^<]*paths\.ts:\d+<\/figcaption>/);
    assert.match(
      page.body,
      /<mark>> \d+ \| +throw new TypeError\(&#39;This app fails here\.&#39;\);<\/mark>/,
    );
    assert.match(page.body, /<li class="app">at .*paths\.ts:\d+:\d+/);

    connection.send(failing('GET', JSON_TYPE));
    const json = await connection.reply();
    assert.equal(json.headers.get('content-type'), 'application/json');
    const { error } = JSON.parse(json.body);
    assert.deepEqual([error.name, error.message], ['TypeError', 'This app fails here.']);
    assert.match(error.stack, /paths\.ts:\d+:\d+/);

    connection.send(failing('GET', 'Accept: */*\r\n'));
    const text = await connection.reply();
    assert.match(
      text.body,
      /^500 Internal Server Error\n\nTypeError: This app fails here\.\n {4}at .*paths\.ts:/,
    );

    connection.send(failing('HEAD', BROWSER));
    const head = await connection.reply({ isHead: true });
    assert.ok(Number(head.headers.get('content-length')) > 1000);
    assert.equal((await connection.fetch('/')).body, 'hello');
  });
});

describe('an app that fails in production', () => {
  test('tells nobody anything about it, a program as JSON', async () => {
    for (const env of [{ NODE_ENV: undefined }, { NODE_ENV: 'production' }, { NODE_ENV: 'test' }]) {
      await using heddle = await spawnHeddle([PATHS, '-t', '1'], { env });
      await using connection = await RawConnection.open(heddle.url);
      for (const [accept, type, body] of [
        [BROWSER, 'text/plain;charset=UTF-8', '500 Internal Server Error\n'],
        ['', 'text/plain;charset=UTF-8', '500 Internal Server Error\n'],
        [JSON_TYPE, 'application/json', '{"error":"Internal Server Error","status":500}\n'],
      ] as const) {
        connection.send(failing('GET', accept));
        const reply = await connection.reply();
        assert.deepEqual([reply.status, reply.headers.get('content-type'), reply.body], [500, type, body]);
        assert.equal(reply.headers.get('cache-control'), 'no-store');
      }
    }
  });
});
