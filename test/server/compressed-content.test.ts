import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  brotliDecompressSync,
  createBrotliDecompress,
  createGunzip,
  createZstdDecompress,
  gunzipSync,
  zstdDecompressSync,
} from 'node:zlib';
import fc from 'fast-check';
import type { ContentCoding } from '#semantics/content-coding.ts';
import { CompressedContent } from '#server/compressed-content.ts';

const CODINGS = ['br', 'zstd', 'gzip'] as const;
const DECODERS: Readonly<Record<ContentCoding, (bytes: Uint8Array) => Buffer>> = {
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
  gzip: gunzipSync,
};
const DECODING_STREAMS = { br: createBrotliDecompress, zstd: createZstdDecompress, gzip: createGunzip };

async function* pieces(
  parts: readonly Uint8Array[],
  waits: readonly boolean[] = [],
): AsyncGenerator<Uint8Array> {
  for (const [at, part] of parts.entries()) {
    if (waits[at]) await new Promise((resolve) => setTimeout(resolve, 1));
    yield part;
  }
}

async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(content));
}

/** A source that gives what it is given, and notes when it is ended. */
function openSource(): {
  give(text: string): void;
  source: AsyncIterable<Uint8Array>;
  returned: () => number;
} {
  const waiting: ((result: IteratorResult<Uint8Array>) => void)[] = [];
  const given: Uint8Array[] = [];
  let returned = 0;
  const iterator: AsyncIterator<Uint8Array> = {
    next: () => {
      const value = given.shift();
      if (value !== undefined) return Promise.resolve({ done: false, value });
      return new Promise((resolve) => waiting.push(resolve));
    },
    return: () => {
      returned += 1;
      return Promise.resolve({ done: true, value: undefined });
    },
  };
  return {
    give(text) {
      const value = Buffer.from(text);
      const next = waiting.shift();
      if (next === undefined) given.push(value);
      else next({ done: false, value });
    },
    source: { [Symbol.asyncIterator]: () => iterator },
    returned: () => returned,
  };
}

for (const coding of CODINGS) {
  suite(`content that is compressed as it flows: ${coding}`, () => {
    test('decodes to the same bytes, however it is split', async () => {
      const part = fc.oneof(
        fc.uint8Array({ maxLength: 50 }),
        fc.integer({ min: 0, max: 200_000 }).map((size) => Buffer.alloc(size, 'abcdefghij')),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(part, fc.boolean()), { maxLength: 8 }), async (parts) => {
          const bytes = parts.map(([one]) => one);
          const source = pieces(
            bytes,
            parts.map(([, waits]) => waits),
          );
          const compressed = await collect(new CompressedContent(source, coding));
          assert.ok(DECODERS[coding](compressed).equals(Buffer.concat(bytes)));
        }),
        { numRuns: 40 },
      );
    });

    test('gives each piece at once where nothing follows it', async () => {
      const { source, give } = openSource();
      const iterator = new CompressedContent(source, coding)[Symbol.asyncIterator]();
      const decoder = DECODING_STREAMS[coding]();
      let decoded = '';
      let more = Promise.withResolvers<void>();
      decoder.on('data', (chunk: Buffer) => {
        decoded += chunk;
        more.resolve();
      });
      const pump = async (): Promise<void> => {
        for (;;) {
          const { done, value } = await iterator.next();
          if (done === true) return;
          decoder.write(value);
        }
      };
      const pumped = pump();
      const large = `data: ${'x'.repeat(70_000)}\n\n`;
      for (const event of ['data: 1\n\n', large, 'data: 3\n\n']) {
        give(event);
        while (!decoded.endsWith(event)) {
          await more.promise;
          more = Promise.withResolvers();
        }
      }
      assert.equal(decoded, `data: 1\n\n${large}data: 3\n\n`);
      await iterator.return?.();
      give('late');
      await pumped;
      decoder.destroy();
    });

    test('compresses together what comes in one go', async () => {
      const words = Array.from({ length: 1000 }, (_, n) => Buffer.from(`word ${n % 10}\n`));
      const parts = await Array.fromAsync(new CompressedContent(pieces(words), coding));
      assert.ok(Buffer.concat(parts).length < 1000, `${Buffer.concat(parts).length}`);
      assert.ok(parts.length < 10, `${parts.length}`);
    });

    test('is ended at once though its source never gives more, and tells the source', async () => {
      const { source, give, returned } = openSource();
      const iterator = new CompressedContent(source, coding)[Symbol.asyncIterator]();
      give('one');
      await iterator.next();
      const pending = iterator.next();
      assert.deepEqual(await iterator.return?.(), { done: true, value: undefined });
      assert.equal(returned(), 1);
      give('late');
      assert.deepEqual(await pending, { done: true, value: undefined });
    });

    test('fails as its source fails, and where that has another length than promised', async () => {
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('one');
        throw new Error('mid');
      }
      await assert.rejects(collect(new CompressedContent(broken(), coding)), /mid/);
      const abc = [Buffer.from('abc')];
      for (const length of [2, 4])
        await assert.rejects(collect(new CompressedContent(pieces(abc), coding, length)), {
          name: 'ReplyError',
        });
      assert.equal(
        String(DECODERS[coding](await collect(new CompressedContent(pieces(abc), coding, 3)))),
        'abc',
      );
    });

    test('that is let go of unread ends its source', async () => {
      const { source, returned } = openSource();
      await new CompressedContent(source, coding)[Symbol.asyncIterator]().return?.();
      assert.equal(returned(), 1);
    });
  });
}
