import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { compareReadings } from '../../fuzz/differential.ts';
import { readWithHeddle } from '../../fuzz/heddle-reading.ts';
import { tryInputs } from '../../fuzz/inputs.ts';
import {
  FRAMED_OTHERWISE,
  HANDED_ON_OTHERWISE,
  KEPT_OTHERWISE,
  REFUSED_BY_NODE,
} from '../../fuzz/known-differences.ts';
import { NodeReader } from '../../fuzz/node-reading.ts';
import type { Reading, ReadRequest } from '../../fuzz/reading.ts';

const node = new NodeReader();
const NEVER = Number.POSITIVE_INFINITY;
const HOST = 'Host: a\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

/** What both parsers make of the bytes. */
function read(bytes: string): { heddle: Reading; node: Reading } {
  return {
    heddle: readWithHeddle([Buffer.from(bytes, 'latin1')]),
    node: node.read(Buffer.from(bytes, 'latin1')),
  };
}

function verdictOn(bytes: string): string {
  const readings = read(bytes);
  const { kind, why } = compareReadings(bytes, readings.heddle, readings.node);
  return why === undefined ? kind : `${kind}: ${why}`;
}

suite('the same bytes in our engine and in Node’s parser', () => {
  test('give the same requests, fields, bodies and trailers', () => {
    const bytes =
      `POST /a?b HTTP/1.1\r\n${HOST}X: y \r\n${CHUNKED}\r\n3;e=f\r\nabc\r\n0\r\nT: u\r\n\r\n` +
      `PUT /c HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi` +
      `GET / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`;
    const { heddle, node: theirs } = read(bytes);
    assert.deepEqual(heddle, theirs);
    assert.deepEqual(
      heddle.requests.map(({ method, target, body, trailers }) => [method, target, body, trailers]),
      [
        ['POST', '/a?b', 'abc', ['T', 'u']],
        ['PUT', '/c', 'hi', []],
        ['GET', '/', '', []],
      ],
    );
    assert.equal(verdictOn(bytes), 'agree');
  });

  test('end between requests, inside one, behind a close, or with a refusal', () => {
    const get = `GET / HTTP/1.1\r\n${HOST}`;
    for (const [bytes, verdict] of [
      [`${get}\r\n`, 'agree'],
      [`${get}\r\nGE`, 'agree'],
      [`${get}Connection: close\r\n\r\nGET`, 'agree'],
      [`${get}X : y\r\n\r\n`, 'both refuse'],
      ['GET / HTTP/1.1\r\n\r\n', 'heddle alone refuses: host-missing'],
      [`${get}Connection: upgrade\r\nUpgrade: x\r\n\r\nGET / HTTP/1.1`, 'not compared'],
    ] as const) {
      assert.equal(verdictOn(bytes), verdict, bytes);
    }
  });

  test('may differ in the way that is known where ours has not read the body to its end', () => {
    const head = `POST / HTTP/1.1\r\n${HOST}Connection: upgrade\r\nUpgrade: x\r\nTransfer-Encoding: chunked\t\r\n\r\n`;
    assert.match(verdictOn(`${head}9\r\n`), /^known difference: Node takes an upgrade/);
  });

  test('are a finding as soon as one of them reads anything else', () => {
    const bytes = `POST /a HTTP/1.1\r\n${HOST}${CHUNKED}\r\n1\r\nx\r\n0\r\nT: u\r\n\r\nGET / HTTP/1.1\r\n${HOST}\r\n`;
    const { heddle, node: theirs } = read(bytes);
    const [first, second] = theirs.requests as [ReadRequest, ReadRequest];
    const others: Reading[] = [
      ...[{ method: 'PUT' }, { target: '/b' }, { minorVersion: 0 }, { body: 'y' }, { trailers: [] }].map(
        (change) => ({ ...theirs, requests: [{ ...first, ...change }, second] }),
      ),
      { ...theirs, requests: [{ ...first, fields: [...first.fields, 'X', 'y'] }, second] },
      { ...theirs, requests: [first] },
      { ...theirs, requests: [first, second, second] },
      { ...theirs, end: 'closed' },
      { ...theirs, requests: [first], end: 'HPE_INVALID_TOKEN' },
    ];
    assert.equal(compareReadings(bytes, heddle, theirs).kind, 'agree');
    for (const other of others) assert.equal(compareReadings(bytes, heddle, other).kind, 'finding');
  });
});

/** One connection for each known difference, by its section. */
const EXAMPLES: Readonly<Record<string, string>> = {
  [REFUSED_BY_NODE[0]?.what ?? '']: `BREW / HTTP/1.1\r\n${HOST}\r\n`,
  [REFUSED_BY_NODE[1]?.what ?? '']: `PRI / HTTP/1.1\r\n${HOST}\r\n`,
  [REFUSED_BY_NODE[2]?.what ?? '']: `GET / HTTP/1.2\r\n${HOST}\r\n`,
  [REFUSED_BY_NODE[3]?.what ?? '']: `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\t\r\n\r\n0\r\n\r\n`,
  [REFUSED_BY_NODE[4]?.what ?? '']: `POST / HTTP/1.1\r\n${HOST}${CHUNKED}\r\n0\r\nContent-Length: 5\r\n\r\n`,
  [REFUSED_BY_NODE[5]?.what ?? '']: `POST / HTTP/1.1\r\n${HOST}${CHUNKED}\r\n1 ;a\r\nx\r\n0\r\n\r\n`,
  [KEPT_OTHERWISE[0]?.what ?? '']: `GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n`,
  [KEPT_OTHERWISE[1]?.what ?? '']: `GET / HTTP/1.1\r\n${HOST}Proxy-Connection: close\r\n\r\n`,
  [KEPT_OTHERWISE[2]?.what ?? '']: `POST / HTTP/1.1\r\n${HOST}${CHUNKED}\r\n0\r\nConnection: close\r\n\r\n`,
  [FRAMED_OTHERWISE[0]?.what ?? '']:
    `POST / HTTP/1.1\r\n${HOST}Connection: upgrade\r\nUpgrade: x\r\nTransfer-Encoding: chunked\t\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
};

suite('each known difference', () => {
  for (const { what, section } of [...REFUSED_BY_NODE, ...KEPT_OTHERWISE, ...FRAMED_OTHERWISE]) {
    test(`is still one: ${what} (${section})`, () => {
      const bytes = EXAMPLES[what];
      assert.ok(bytes !== undefined, 'it has no example');
      assert.equal(verdictOn(bytes), `known difference: ${what} (${section})`);
      // Without the entry it would be found, or the two would be told apart: none is listed that is not there.
      const { heddle, node: theirs } = read(bytes);
      assert.notDeepEqual(heddle, theirs);
    });
  }

  for (const { what, section } of HANDED_ON_OTHERWISE) {
    test(`is still one: ${what} (${section})`, () => {
      const bytes =
        section === 'RFC9110§6.5.1'
          ? `POST / HTTP/1.1\r\n${HOST}${CHUNKED}\r\n0\r\nCookie: a\r\nX: y\r\n\r\n`
          : `GET http://b/ HTTP/1.1\r\n${HOST}\r\n`;
      const { heddle, node: theirs } = read(bytes);
      assert.notDeepEqual(heddle, theirs);
      assert.equal(verdictOn(bytes), 'agree');
    });
  }
});

suite('random inputs', () => {
  const range = { seed: 1, first: 0, step: 1, until: NEVER } as const;

  test('mean the same to our engine and to Node’s parser, but for the known differences', () => {
    const { inputs, kinds, findings } = tryInputs({ ...range, target: 'differential', end: 200_000 });
    assert.deepEqual(findings, []);
    assert.equal(inputs, 200_000);
    // Of inputs that nobody takes nothing is learnt.
    assert.ok((kinds.agree ?? 0) > inputs / 4, JSON.stringify(kinds));
  });

  test('mean the same however they are cut, at small limits too', () => {
    const { inputs, findings } = tryInputs({ ...range, target: 'splits', end: 100_000 });
    assert.deepEqual(findings, []);
    assert.equal(inputs, 100_000);
  });
});
