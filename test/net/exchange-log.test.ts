import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { EndedExchange, ExchangeLog } from '#exchange/exchange-log.ts';
import type { Handler } from '#exchange/handler.ts';
import { gate, requestText, TestListener, type TestListenerOptions } from '../support/test-listener.ts';

/** A log that keeps in words what it is told. */
class KeptLog implements ExchangeLog {
  readonly told: string[] = [];
  readonly exchanges: EndedExchange[] = [];
  begun = 0;
  #more = gate();

  begin(): void {
    this.begun += 1;
  }

  end(exchange: EndedExchange): void {
    const { request, status, bytesIn, bytesOut, outcome, reason = '' } = exchange;
    this.exchanges.push(exchange);
    this.told.push(
      `${request.method} ${request.target} ${status} ${bytesIn}/${bytesOut} ${outcome} ${reason}`.trim(),
    );
    this.#more.resolve();
  }

  async until(count: number): Promise<string[]> {
    while (this.told.length < count) {
      await this.#more.promise;
      this.#more = gate();
    }
    return this.told;
  }
}

async function* parts(...texts: (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) {
    if (text instanceof Error) throw text;
    yield Buffer.from(text);
  }
}

async function open(
  handler: Handler,
  options: TestListenerOptions = {},
): Promise<{ log: KeptLog; test: TestListener }> {
  const exchanges = new KeptLog();
  return { log: exchanges, test: await TestListener.open(handler, { ...options, exchanges }) };
}

const OK = { status: 200, fields: [], body: 'hé' } as const;

suite('the log of exchanges', () => {
  test('is told of each that was answered, with the content that was sent', async () => {
    const { log, test } = await open((request) => {
      if (request.target === '/stream') return { status: 201, fields: [], body: parts('ab', 'cde') };
      if (request.target === '/throws') throw new Error('no');
      if (request.target === '/none') return undefined;
      return OK;
    });
    await using _ = test;
    const lines = ['GET /a', 'HEAD /b', 'GET /stream', 'HEAD /stream', 'GET /throws', 'GET /none'];
    await test.exchange(lines.map((line) => requestText(line)).join(''));
    assert.deepEqual(log.told, [
      'GET /a 200 0/3 complete',
      'HEAD /b 200 0/0 complete',
      'GET /stream 201 0/5 complete',
      'HEAD /stream 201 0/0 complete',
      'GET /throws 500 0/26 complete',
      'GET /none 404 0/14 complete',
    ]);
    assert.equal(log.begun, 6);
    const [first] = log.exchanges;
    assert.equal(first?.request.remoteAddress, '127.0.0.1');
    assert.ok(first.durationMs !== undefined && first.durationMs >= 0);
  });

  test('counts the content of a request that was read, and says nothing of what was not waited for', async () => {
    const { log, test } = await open(async (request) => {
      if (request.target === '/read') await request.body?.collect(100);
      return OK;
    });
    await using _ = test;
    await test.exchange(
      `${requestText('POST /read', 'Transfer-Encoding: chunked')}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`,
    );
    using client = await test.connect();
    client.send(`${requestText('POST /unread', 'Content-Length: 9')}abc`);
    await client.reply();
    assert.deepEqual(await log.until(2), [
      'POST /read 200 5/3 complete',
      'POST /unread 200 undefined/3 complete',
    ]);
  });

  test('is told once of refusals: of heads, of content, and not behind an answer', async () => {
    const { log, test } = await open(async (request) => {
      if (request.target === '/waits') await request.body?.collect(100).catch(() => undefined);
      return OK;
    });
    await using _ = test;
    await test.exchange('GET /a HTTP/1.1\r\n\r\n');
    await test.exchange('G\0T /a HTTP/1.1\r\n\r\n');
    await test.exchange(`${requestText('GET /b')}HEAD /c HTTP/1.1\r\nHost a\r\n\r\n`);
    await test.exchange(`${requestText('POST /waits', 'Transfer-Encoding: chunked')}2\r\nabc\r\n`);
    await test.exchange(`${requestText('POST /late', 'Transfer-Encoding: chunked')}zz\r\n`);
    const told = await log.until(6);
    assert.deepEqual(told, [
      'GET /a 400 0/16 refused host-missing',
      '  400 0/16 refused method-invalid'.trim(),
      'GET /b 200 0/3 complete',
      'HEAD /c 400 0/0 refused field-space-before-colon',
      'POST /waits 400 2/16 refused chunk-end-invalid',
      told[5],
    ]);
    assert.match(told[5] ?? '', /^POST \/late \d+ .*/);
    assert.equal(log.exchanges[0]?.isWhole, false);
    await test.settled();
    assert.equal(log.told.length, 6);
  });

  test('is told of clients that leave, before the answer and in it', async () => {
    const { log, test } = await open((request) =>
      request.target === '/never' ? new Promise(() => undefined) : { ...OK, body: endless() },
    );
    await using _ = test;
    using one = await test.connect();
    one.send(requestText('GET /never'));
    using other = await test.connect();
    other.send(requestText('GET /endless'));
    await other.until('5\r\npiece');
    one.reset();
    other.reset();
    const told = (await log.until(2)).toSorted();
    assert.match(told[0] ?? '', /^GET \/endless 200 0\/\d+ aborted$/);
    assert.equal(told[1], 'GET /never 0 0/0 aborted');
    assert.equal(log.exchanges[0]?.request.remoteAddress, '127.0.0.1');
  });

  test('is told of content that fails, of deadlines, and of what is cut', async () => {
    const { log, test } = await open(
      (request) => {
        if (request.target === '/fails') return { ...OK, body: parts('ab', new Error('mid')) };
        return new Promise(() => undefined);
      },
      { settings: { requestTimeoutMs: 20 } },
    );
    await using _ = test;
    await test.exchange(requestText('GET /fails'));
    await test.exchange(requestText('GET /late'));
    assert.deepEqual(log.told, ['GET /fails 200 0/2 failed', 'GET /late 503 0/24 timeout']);
    const { log: second, test: other } = await open(() => new Promise(() => undefined));
    await using __ = other;
    using client = await other.connect();
    client.send(requestText('GET /cut'));
    while (second.begun === 0) await new Promise((resolve) => setImmediate(resolve));
    other.listener.abort();
    assert.deepEqual(await second.until(1), ['GET /cut 0 0/0 cut']);
  });

  test('is told of what a thread leaves behind when it dies', async () => {
    const { log, test } = await open(() => new Promise(() => undefined));
    await using _ = test;
    using client = await test.connect();
    client.send(requestText('GET /a'));
    while (log.begun === 0) await new Promise((resolve) => setImmediate(resolve));
    test.listener.logLoss();
    assert.deepEqual(log.told, ['GET /a 0 0/0 lost']);
  });

  test('is told of a connection that is taken over', async () => {
    const { log, test } = await open(() => ({ takeOver: (socket) => (socket as { end(): void }).end() }));
    await using _ = test;
    await test.exchange(requestText('GET /ws', 'Connection: upgrade', 'Upgrade: x'));
    assert.deepEqual(log.told, ['GET /ws 101 0/0 upgraded']);
  });
});

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) {
    yield Buffer.from('piece');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
