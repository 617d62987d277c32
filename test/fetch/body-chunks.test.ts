import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { IterableChunks, StreamChunks } from '#fetch/body-chunks.ts';

/** A stream that writes down what is asked of it. */
function logged(log: unknown[], chunks: unknown[] = [Buffer.from('a')]): ReadableStream {
  const rest = [...chunks];
  return new ReadableStream(
    {
      pull(controller) {
        log.push('pull');
        if (rest.length === 0) controller.close();
        else controller.enqueue(rest.shift());
      },
      cancel(reason) {
        log.push(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

test('a stream is locked at once and pulled only when asked', async () => {
  const log: unknown[] = [];
  const stream = logged(log);
  const chunks = new StreamChunks(stream);
  assert.equal(stream.locked, true);
  assert.deepEqual(log, []);
  assert.deepEqual(await chunks.next(), { done: false, value: Buffer.from('a') });
  assert.deepEqual(await chunks.next(), { done: true, value: undefined });
  assert.deepEqual(log, ['pull', 'pull']);
});

test('return cancels a stream without pulling, as the answer to a HEAD needs it', async () => {
  const log: unknown[] = [];
  await new StreamChunks(logged(log)).return();
  assert.equal(log.length, 1);
  assert.equal((log[0] as { code: string }).code, 'ERR_HEDDLE_REPLY_CANCELLED');
});

test('return tells the stream’s source the reason it was given, also while a read waits', async () => {
  const reason = new Error('the client left');
  let told: unknown;
  const chunks = new StreamChunks(
    new ReadableStream({
      cancel(given) {
        told = given;
      },
    }),
  );
  const waiting = chunks.next();
  await chunks.return(reason);
  assert.equal(told, reason);
  assert.deepEqual(await waiting, { done: true, value: undefined });
});

test('an error of the stream rejects the iteration', async () => {
  const failure = new Error('the source broke');
  const chunks = new StreamChunks(new ReadableStream({ pull: (controller) => controller.error(failure) }));
  await assert.rejects(chunks.next(), failure);
});

test('a chunk that is no Uint8Array rejects the iteration and cancels the stream', async () => {
  for (const chunk of ['text', 5, new ArrayBuffer(1), null, undefined]) {
    const log: unknown[] = [];
    const chunks = new StreamChunks(logged(log, [chunk]));
    await assert.rejects(chunks.next(), TypeError);
    assert.ok(log[1] instanceof TypeError);
  }
});

test('an iterable’s text and buffers become bytes', async () => {
  const parts = ['é', Buffer.from('b'), new Uint16Array([0x4443]), new TextEncoder().encode('e').buffer];
  const got = await Array.fromAsync(new IterableChunks(Readable.from(parts, { objectMode: true })));
  assert.ok(got.every((chunk) => chunk instanceof Uint8Array));
  assert.equal(Buffer.concat(got).toString(), 'ébCDe');
});

test('an iterable’s chunk that is no bytes, and its error, reject the iteration', async () => {
  const failure = new Error('the source broke');
  const broken = async function* () {
    yield 'a';
    throw failure;
  };
  await assert.rejects(Array.fromAsync(new IterableChunks(broken())), failure);
  for (const chunk of [5, null, {}]) {
    const one = async function* () {
      yield chunk;
    };
    await assert.rejects(new IterableChunks(one()).next(), TypeError);
  }
});

test('return ends an iterable, and a Node stream even if nothing was read from it', async () => {
  let isEnded = false;
  const endless = async function* () {
    try {
      for (;;) yield 'a';
    } finally {
      isEnded = true;
    }
  };
  const chunks = new IterableChunks(endless());
  await chunks.next();
  await chunks.return();
  assert.equal(isEnded, true);
  const readable = Readable.from(['a']);
  await new IterableChunks(readable).return();
  assert.equal(readable.destroyed, true);
});
