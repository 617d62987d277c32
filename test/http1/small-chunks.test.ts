import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { protocolWithRequest } from '../support/protocol-driver.ts';

const HEAD = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

function chunkOf(data: string): string {
  return `${data.length.toString(16)}\r\n${data}\r\n`;
}

/** What each `data` event of a body that comes as one read brings, and the event behind them. */
function readAtOnce(body: string): { pieces: string[]; last: string } {
  const protocol = protocolWithRequest(HEAD);
  protocol.receive(Buffer.from(body, 'latin1'));
  const pieces: Buffer[] = [];
  let event = protocol.nextEvent();
  for (; event === 'data'; event = protocol.nextEvent()) pieces.push(protocol.chunk);
  // Looked at behind the last event: what was told must not change while the engine reads on.
  return { pieces: pieces.map((piece) => piece.toString('latin1')), last: protocol.rejection ?? event };
}

suite('small chunks that come together', () => {
  test('are told as one piece of content, whatever their number', () => {
    const data = Array.from({ length: 5000 }, (_, index) => String.fromCharCode(index % 256));
    const { pieces, last } = readAtOnce(`${data.map(chunkOf).join('')}0\r\n\r\n`);
    assert.deepEqual(pieces, [data.join('')]);
    assert.equal(last, 'end');
  });

  test('cost one object for each read, not one for each chunk', () => {
    const protocol = protocolWithRequest(HEAD);
    let events = 0;
    for (let reads = 0; reads < 10; reads += 1) {
      protocol.receive(Buffer.from('1\r\nx\r\n'.repeat(10)));
      while (protocol.nextEvent() === 'data') events += 1;
    }
    assert.equal(events, 10);
  });

  test('and large ones are told in their order', () => {
    const sizes = [1, 2, 5000, 3, 1024, 1023, 1023, 1, 20_000, 1];
    const data = sizes.map((size, index) => String.fromCharCode(0x61 + index).repeat(size));
    const { pieces, last } = readAtOnce(`${data.map(chunkOf).join('')}0\r\nA: b\r\n\r\n`);
    assert.equal(pieces.join(''), data.join(''));
    assert.equal(last, 'end');
    assert.ok(pieces.includes(data[2] as string), 'a large chunk is told as it came');
  });

  test('before a refusal are told before it', () => {
    assert.deepEqual(readAtOnce(`${chunkOf('ab')}${chunkOf('c')}x`), {
      pieces: ['abc'],
      last: 'chunk-size-invalid',
    });
    assert.deepEqual(readAtOnce(`${chunkOf('ab')}1\r\ncde`), { pieces: ['abc'], last: 'chunk-end-invalid' });
    assert.deepEqual(readAtOnce(`${chunkOf('ab')}0\r\nA\r\n`), {
      pieces: ['ab'],
      last: 'field-name-invalid',
    });
  });

  test('leave what stands in front of and behind them as it was', () => {
    const protocol = protocolWithRequest(
      `${HEAD}${chunkOf('a')}${chunkOf('b')}0\r\n\r\nGET /next HTTP/1.1\r\nHost: b\r\n\r\n`,
    );
    const first = protocol.request;
    assert.equal(protocol.nextEvent(), 'data');
    assert.equal(protocol.nextEvent(), 'end');
    assert.deepEqual(first.fieldLines(), ['Host', 'a', 'Transfer-Encoding', 'chunked']);
    protocol.sendWhole({ status: 204, fields: [] }, undefined, '');
    protocol.startNext();
    assert.equal(protocol.nextEvent(), 'request');
    assert.equal(protocol.request.target, '/next');
  });
});
