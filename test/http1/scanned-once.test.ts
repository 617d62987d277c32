import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { bodyReaderFor } from '#http1/body-readers.ts';
import { HeadReader } from '#http1/head-reader.ts';
import { ReceiveBuffer } from '#http1/receive-buffer.ts';
import { RequestHead } from '#http1/request-head.ts';

const LIMITS = {
  maxHeadBytes: 20_000,
  maxFields: 100,
  maxTargetBytes: 8192,
  maxTrailerBytes: 1024,
  maxChunkExtensionBytes: 1024,
};

/** A receive buffer that counts how often each byte of the connection is looked at. */
class CountingBuffer extends ReceiveBuffer {
  readonly looks: number[] = [];
  #own: Buffer = Buffer.alloc(0);
  #received = 0;

  override append(chunk: Buffer): void {
    // Node's copy() takes no proxy.
    if (this.length > 0) this.bytes = this.#own;
    super.append(chunk);
    this.#own = this.bytes;
    this.#received += chunk.length;
    for (let at = 0; at < chunk.length; at += 1) this.looks.push(0);
    const behindEnd = this.#received - this.end;
    this.bytes = new Proxy(this.#own, {
      get: (target, key) => {
        const index = typeof key === 'string' && /^\d+$/.test(key) ? Number(key) : undefined;
        if (index !== undefined) {
          this.looks[behindEnd + index] = (this.looks[behindEnd + index] ?? 0) + 1;
          return target[index];
        }
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }
}

/** How often each byte of a request was looked at when it came in parts of a size. */
function looksAt(request: string, partBytes: number): number[] {
  const buffer = new CountingBuffer();
  const heads = new HeadReader(LIMITS, { newHead: () => new RequestHead() });
  const bytes = Buffer.from(request, 'latin1');
  let body: ReturnType<typeof bodyReaderFor>;
  let isHeadRead = false;
  for (let at = 0; at < bytes.length; at += partBytes) {
    buffer.append(Buffer.from(bytes.subarray(at, at + partBytes)));
    if (!isHeadRead) {
      const outcome = heads.read(buffer);
      if (outcome === 'need-data') continue;
      assert.equal(outcome, 'done');
      isHeadRead = true;
      body = bodyReaderFor(heads.head.framing, LIMITS);
    }
    while (body?.read(buffer) === 'data');
  }
  assert.equal(isHeadRead, true);
  assert.equal(buffer.length, 0);
  return buffer.looks;
}

const FIELDS = Array.from({ length: 12 }, (_, at) => `X-Field-${at}: \t${'value '.repeat(at * 20)} \r\n`);
const HEAD = `\r\nPOST /a/long/path?with=${'q'.repeat(500)} HTTP/1.1\r\nHost: www.example.org\r\n${FIELDS.join('')}`;
const CHUNKS = `5;a="b;c" ; d\r\n0\r\n\r\n\r\n7d0\r\n${'y'.repeat(2000)}\r\n0\r\nTrailer-Field: ${'t'.repeat(300)}\r\n\r\n`;
const REQUESTS = {
  'a head': `${HEAD}\r\n`,
  'a head and content by its length': `${HEAD}Content-Length: 3000\r\n\r\n${'x'.repeat(3000)}`,
  'a head and chunks': `${HEAD}Transfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
};

suite('a byte', () => {
  for (const [what, request] of Object.entries(REQUESTS)) {
    test(`is not scanned again when the rest comes later (${what})`, () => {
      const whole = looksAt(request, request.length);
      for (const partBytes of [1, 2, 7, 100]) {
        const parts = looksAt(request, partBytes);
        const again = parts.flatMap((count, at) =>
          count > (whole[at] ?? 0) ? [[at, whole[at], count]] : [],
        );
        assert.deepEqual(again, [], `in parts of ${partBytes}`);
      }
    });
  }

  test('of a head is looked at a few times, of content never', () => {
    const [head, , chunked] = Object.values(REQUESTS).map((request) => looksAt(request, request.length));
    // Once by the scan, twice where a phase ends; names and framing values once more when the head is judged.
    assert.ok(Math.max(...(head ?? [])) <= 6, `${Math.max(...(head ?? []))}`);
    const content = CHUNKS.indexOf('yyy') - CHUNKS.length;
    assert.deepEqual(new Set(chunked?.slice(content, content + 2000)), new Set([0]));
  });
});
