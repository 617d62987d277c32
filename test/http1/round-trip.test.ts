import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { mayBeTrailer } from '#semantics/trailers.ts';
import { drive, protocolWithRequest, TEST_DATE, type Told } from '../support/protocol-driver.ts';

const LIMITS = {
  maxHeadBytes: 16_384,
  maxFields: 50,
  maxTargetBytes: 1024,
  maxTrailerBytes: 1024,
  maxChunkExtensionBytes: 1024,
};

function textOf(characters: string, minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...characters), { minLength, maxLength }).map((parts) => parts.join(''));
}

const token = textOf("!#$%&'*+-.^_`|~09azAZ", 1, 12);
/** `field-content` and nothing around it (RFC9110§5.5). */
const fieldValue = textOf('!azAZ09"(),/:;<=>?@[\\]{}\x80\xff \t~', 0, 24).map((value) =>
  value.replace(/^[ \t]+|[ \t]+$/g, ''),
);
const whitespace = textOf(' \t', 0, 3);

/** Fields that frame or end a message, or name its host, are set apart. */
const MEANINGFUL = ['content-length', 'transfer-encoding', 'host', 'connection', 'expect'];
const field = fc
  .tuple(token, fieldValue, whitespace, whitespace)
  .filter(([name]) => !MEANINGFUL.includes(name.toLowerCase()));

const target = textOf("/azAZ09-._~!$&'()*+,;=:@%?[]{}|^`", 0, 40).map((rest) => `/${rest}`);
const method = token.filter((name) => !['CONNECT', 'TRACE', 'TRACK'].includes(name));
const content = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1'));

const extension = fc.constantFrom('', ';a', ';a=b', ';a="b;\\"c"', ';a;b=c', ' ; a\t= "b" ;c');
const chunk = fc.tuple(content, extension, fc.nat(3)).filter(([data]) => data !== '');
const body = fc.oneof(
  fc.record({ kind: fc.constant('none' as const) }),
  fc.record({ kind: fc.constant('length' as const), data: content }),
  fc.record({
    kind: fc.constant('chunked' as const),
    chunks: fc.array(chunk, { maxLength: 4 }),
    trailers: fc.array(field, { maxLength: 2 }),
  }),
);

const request = fc.record({ method, target, fields: fc.array(field, { maxLength: 8 }), body });
type Message = typeof request extends fc.Arbitrary<infer T> ? T : never;
type FieldParts = [name: string, value: string, before: string, after: string];

function fieldLine([name, value, before, after]: FieldParts): string {
  return `${name}:${before}${value}${after}\r\n`;
}

/** The bytes of a message, written by rules of our own: nothing of the engine is used. */
function write({ method, target, fields, body }: Message): string {
  const head = `${method} ${target} HTTP/1.1\r\nHost: a\r\n${fields.map(fieldLine).join('')}`;
  switch (body.kind) {
    case 'none':
      return `${head}\r\n`;
    case 'length':
      return `${head}Content-Length: ${body.data.length}\r\n\r\n${body.data}`;
    case 'chunked': {
      const chunks = body.chunks.map(
        ([data, extension, zeros]) =>
          `${'0'.repeat(zeros)}${data.length.toString(16)}${extension}\r\n${data}\r\n`,
      );
      const trailers = body.trailers.map(fieldLine).join('');
      return `${head}Transfer-Encoding: chunked\r\n\r\n${chunks.join('')}0\r\n${trailers}\r\n`;
    }
  }
}

function contentOf({ body }: Message): string {
  if (body.kind === 'none') return '';
  return body.kind === 'length' ? body.data : body.chunks.map(([data]) => data).join('');
}

/** What the engine must tell of a message. */
function assertTold(told: Told[], message: Message): void {
  const head = told.shift();
  assert.ok(head?.event === 'request');
  assert.deepEqual([head.method, head.target, head.path], [message.method, message.target, message.target]);
  const pairs = message.fields.flatMap((parts) => parts.slice(0, 2));
  assert.deepEqual(head.fieldLines.slice(2, 2 + pairs.length), pairs);
  const data = contentOf(message);
  if (data !== '') assert.deepEqual(told.shift(), { event: 'data', bytes: data });
  const trailers = message.body.kind === 'chunked' ? message.body.trailers : [];
  const pairsBehind = trailers
    .filter(([name]) => mayBeTrailer(name.toLowerCase()))
    .flatMap((parts) => parts.slice(0, 2));
  if (data !== '' || message.body.kind === 'chunked') {
    assert.deepEqual(told.shift(), { event: 'end', trailers: pairsBehind });
  }
}

suite('any valid message', () => {
  test('is read as it was written, one behind another, however it is cut', () => {
    const messages = fc.array(request, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(messages, fc.array(fc.nat(), { maxLength: 4 }), (sent, places) => {
        const bytes = Buffer.from(sent.map(write).join(''), 'latin1');
        const cuts = places.map((place) => place % bytes.length).sort((a, b) => a - b);
        const parts = [0, ...cuts].map((start, index) => bytes.subarray(start, cuts[index] ?? bytes.length));
        const { told, isIdle } = drive(parts, { limits: LIMITS });
        const left = [...told];
        for (const message of sent) assertTold(left, message);
        assert.deepEqual(left, []);
        assert.equal(isIdle, true);
      }),
      { numRuns: 2000 },
    );
  });

  test('of a reply has its content between its head and the end it announces', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 5 });
    fc.assert(
      fc.property(pieces, fc.boolean(), (parts, isDeclared) => {
        const protocol = protocolWithRequest('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
        const whole = Buffer.concat(parts);
        const fields = isDeclared ? ['content-length', `${whole.length}`] : [];
        const head = protocol.sendHead({ status: 200, fields }, TEST_DATE);
        const sent = Buffer.concat([
          ...parts.flatMap((part) => protocol.sendData(part)),
          ...protocol.sendEnd(),
        ]);
        assert.ok(head.endsWith('\r\n\r\n'));
        assert.ok((isDeclared ? sent : dechunk(sent)).equals(whole));
      }),
      { numRuns: 500 },
    );
  });
});

/** Reads a chunked body without extensions and trailers, by rules of our own. */
function dechunk(bytes: Buffer): Buffer {
  const data: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    at = lineEnd + 2;
    data.push(bytes.subarray(at, at + size));
    at += size;
    assert.equal(bytes.toString('latin1', at, at + 2), '\r\n');
    at += 2;
    if (size === 0) break;
  }
  assert.equal(at, bytes.length);
  return Buffer.concat(data);
}
