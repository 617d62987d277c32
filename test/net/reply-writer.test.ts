import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { suite, test } from 'node:test';
import { setImmediate as oneTurn } from 'node:timers/promises';
import type { ServerProtocol } from '#http1/server-protocol.ts';
import type { ReceivedRequest } from '#net/received-request.ts';
import { ReplyWriter } from '#net/reply-writer.ts';

/** Takes what is written, and remembers what came together. */
class Sink extends Writable {
  readonly writes: string[] = [];

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.writes.push(chunk.toString('latin1'));
    done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.writes.push(chunks.map(({ chunk }) => chunk.toString('latin1')).join(''));
    done();
  }
}

/** An engine that frames nothing. */
const bare = { sendData: (part: Uint8Array) => [part], sendEnd: () => [] };
const protocol = bare as unknown as ServerProtocol<ReceivedRequest>;

function writerTo(sink: Sink): ReplyWriter {
  return new ReplyWriter(sink as unknown as Socket, { onPartWritten: () => undefined });
}

suite('content that comes over time', () => {
  test('leaves in one write with its head, as far as it comes in one turn', async () => {
    const sink = new Sink();
    const writer = writerTo(sink);
    writer.write('head ');
    await writer.sendIterable(
      (async function* () {
        for (const part of ['a', 'b', 'c']) yield Buffer.from(part);
        await oneTurn();
        for (const part of ['d', 'e']) yield Buffer.from(part);
      })(),
      protocol,
    );
    await writer.sendEnd([Buffer.from('.')]);
    await oneTurn();
    assert.deepEqual(sink.writes, ['head abc', 'de.']);
  });

  test('does not wait for more: an event is out in its own turn', async () => {
    const sink = new Sink();
    const writer = writerTo(sink);
    const over = Promise.withResolvers<void>();
    const sent = writer.sendIterable(
      (async function* () {
        yield Buffer.from('event');
        await over.promise;
      })(),
      protocol,
    );
    await oneTurn();
    assert.deepEqual(sink.writes, ['event']);
    over.resolve();
    await sent;
  });

  test('waits for a reader that is slow: no more is taken from its source than the socket holds', async () => {
    const sink = new Sink({ highWaterMark: 100 });
    const writer = writerTo(sink);
    const full = Promise.withResolvers<void>();
    sink._write = (_chunk, _encoding, done) => void full.promise.then(done);
    sink._writev = (_chunks, done) => void full.promise.then(done);
    let given = 0;
    const sent = writer.sendIterable(
      (async function* () {
        for (; given < 50; given += 1) yield Buffer.alloc(40);
      })(),
      protocol,
    );
    await oneTurn();
    await oneTurn();
    assert.ok(given <= 3, `${given} parts of 40 bytes`);
    sink.on('drain', () => writer.onDrain());
    full.resolve();
    await sent;
    assert.equal(given, 50);
  });
});
