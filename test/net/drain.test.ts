import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { IncomingRequest } from '#exchange/incoming-request.ts';
import type { Reply } from '#exchange/reply.ts';
import { ReplySender } from '#net/reply-sender.ts';
import { gate, requestText, TestListener } from '../support/test-listener.ts';

/** A stream that says one thing, then waits for ever; `cancelled` resolves when its sender gives it up. */
function endless(contentType: string): Reply & { readonly cancelled: Promise<void> } {
  const cancelled = gate();
  let count = 0;
  const body: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({
      next() {
        count += 1;
        if (count > 1) return cancelled.promise.then(() => ({ done: true, value: undefined }));
        return Promise.resolve({ done: false, value: Buffer.from('data: 1\n\n') });
      },
      return() {
        cancelled.resolve();
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
  return { status: 200, fields: ['content-type', contentType], body, cancelled: cancelled.promise };
}

suite('a stream of events at a drain', () => {
  for (const type of ['text/event-stream', 'Text/Event-Stream ; charset=utf-8']) {
    test(`ends behind the grace with its last chunk, and its source and request are told: ${type}`, async () => {
      const reply = endless(type);
      const aborted = gate<Error>();
      await using server = await TestListener.open((request) => {
        request.onAbort(aborted.resolve);
        return reply;
      });
      using client = await server.connect();
      client.send(requestText('GET /'));
      await client.until('data: 1\n\n\r\n');
      const drained = server.listener.drain(20);
      assert.deepEqual(await client.rest(), { text: '0\r\n\r\n', end: 'fin' });
      client.halfClose();
      await drained;
      await reply.cancelled;
      assert.equal((await aborted.promise).name, 'ConnectionEnded');
      assert.deepEqual(server.failures, []);
    });
  }

  test('is left alone where its source has ended and its end waits for the client', () => {
    const protocol = { replyState: 'sent', sendEnd: () => assert.fail('ended twice') };
    const sender = new ReplySender(protocol as never, {} as never, {} as never, {} as never);
    sender.sendEarlyEnd();
  });

  test('ends an HTTP/1.0 connection with FIN, which is the end of its content', async () => {
    await using server = await TestListener.open(() => endless('text/event-stream'));
    using client = await server.connect();
    client.send('GET / HTTP/1.0\r\n\r\n');
    await client.until('data: 1\n\n');
    void server.listener.drain(0);
    assert.deepEqual(await client.rest(), { text: '', end: 'fin' });
  });

  test('that begins behind the grace has its first event and ends', async () => {
    const called = gate();
    const answer = gate<Reply>();
    await using server = await TestListener.open(() => {
      called.resolve();
      return answer.promise;
    });
    using client = await server.connect();
    client.send(requestText('GET /'));
    await called.promise;
    void server.listener.drain(0);
    answer.resolve(endless('text/event-stream'));
    const { text, end } = await client.rest();
    assert.match(text, /data: 1\n\n\r\n0\r\n\r\n$/);
    assert.equal(end, 'fin');
  });

  test('runs on where its length is known, and so does a stream of anything else', async () => {
    const sized = { ...endless('text/event-stream'), fields: ['content-length', '99'] };
    const replies = [endless('application/x-ndjson'), endless('text/event-streams'), sized];
    await using server = await TestListener.open(() => replies.pop());
    const clients = [await server.connect(), await server.connect(), await server.connect()];
    for (const client of clients) {
      client.send(requestText('GET /'));
      await client.until('data: 1\n\n');
    }
    // An idle connection ends with the grace, in the same pass over all deadlines.
    using idle = await server.connect();
    void server.listener.drain(0);
    await idle.rest();
    assert.equal(server.listener.abort().length, 3);
    for (const client of clients) {
      const { text } = await client.rest();
      assert.doesNotMatch(text, /0\r\n\r\n$/);
      client[Symbol.dispose]();
    }
  });
});

suite('a request hears of a drain', () => {
  test('once, when it begins; later ones at once, and whoever asks behind its answer', async () => {
    const heard: string[] = [];
    const called = gate<IncomingRequest>();
    const answer = gate<Reply>();
    await using server = await TestListener.open((request) => {
      request.onDrain(() => heard.push(request.path));
      if (request.path !== '/slow') return { status: 200, fields: [], body: '' };
      called.resolve(request);
      return answer.promise;
    });
    using fast = await server.connect();
    fast.send(requestText('GET /fast'));
    await fast.reply();
    using slow = await server.connect();
    slow.send(requestText('GET /slow'));
    const request = await called.promise;
    assert.equal(heard.join(), '');
    void server.listener.drain(1000);
    assert.equal(heard.join(' '), '/slow');
    request.onDrain(() => heard.push('late'));
    assert.equal(heard.join(' '), '/slow late');
    fast.send(requestText('GET /in-the-grace'));
    await fast.rest();
    assert.equal(heard.join(' '), '/slow late /in-the-grace');
    answer.resolve({ status: 200, fields: [], body: '' });
    await slow.rest();
    request.onDrain(() => heard.push('behind'));
    assert.equal(heard.join(' '), '/slow late /in-the-grace behind');
  });
});
