import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseVectors } from '../test/vectors/parse-vectors.ts';
import type { Random } from './random.ts';

/*
 * Bytes that get far into a parser: messages by the grammar in which each part is wrong once in a while, the bytes of
 * the vectors, and both with random changes. A string has one character a byte.
 */

const VECTORS = fileURLToPath(new URL('../test/vectors/', import.meta.url));

/** The bytes of all vectors: each took somebody a thought. */
const SEEDS: readonly string[] = readdirSync(VECTORS)
  .filter((name) => name.endsWith('.http'))
  .flatMap((name) => parseVectors(readFileSync(VECTORS + name, 'utf8'), name))
  .map(({ bytes }) => bytes.toString('latin1'))
  .filter((bytes) => bytes.length <= 700);

const METHODS = ['GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS', 'PATCH', 'M-SEARCH', 'QUERY'];
const ODD_METHODS = ['get', 'FOO', 'PRI', 'CONNECT', 'TRACE', '', 'G\0T', 'GE T', '!#$', 'SOURCE', 'GET\t'];
const TARGETS = ['/', '/a', '/a/b?c=d', '/%41', '/?q', '/a;b=c', '//a', '/a?b?c', '/..%2f'];
const ODD_TARGETS = [
  ...['*', 'http://a/', 'http://a', 'HTTPS://a:8/b?c', 'a:80', 'http://', 'ftp://a/', 'http://a@b/'],
  ...['', '/ ', '/#f', '/\x80', '/a\tb', '/"<>', '/\\', '/?\\', 'http://[::1]/', 'http:///a', '/\x7f', 'a'],
];
const VERSIONS = [...Array<string>(12).fill(' HTTP/1.1'), ' HTTP/1.0'];
const ODD_VERSIONS = [
  ...[
    ' HTTP/1.2',
    ' HTTP/1.9',
    ' HTTP/2.0',
    ' HTTP/0.9',
    ' http/1.1',
    ' HTTP/1.10',
    ' HTTP/11',
    ' HTTP/1.1 ',
  ],
  ...['', ' ', '  HTTP/1.1', '\tHTTP/1.1', ' HTTP /1.1', ' HTTPS/1.1', ' HTTP/1,1', ' ICE/1.0'],
];
const ODD_LINE_ENDS = ['\n', '\r', '\r\r\n', '\n\r', '\r\n ', ' \r\n', '\r\n\t', '\0\r\n', '\x0b\r\n', ''];
const NAMES = ['Accept', 'X-A', 'Cookie', 'User-Agent', 'a', 'TE', 'Trailer', 'Via', 'Foo'];
const ODD_NAMES = [
  ...['', ' X', 'X ', 'X\t', 'X\0', '\0X', 'X-A(', 'X\x80', 'X:Y', '"X"', 'X\r', 'Content-Length ', 'X\x0b'],
  ...['Content_Length', 'Transfer-Encoding\0', '\x0bTransfer-Encoding', ' Host', 'Proxy-Connection'],
];
const VALUES = ['', 'b', 'text/html, */*;q=0.8', 'c  d', 'é', '"quo,ted"', 'trailers', 'x'.repeat(40)];
const ODD_VALUES = ['\0', 'a\0b', '\x7f', '\x01', 'a\rb', 'a\nb', '\x0b', '\x80\xff', '\r\n folded'];
const PADDINGS = [' ', ' ', ' ', '', '\t', '  ', ' \t '];
const HOSTS = ['Host: a', 'Host: a', 'Host: a:80', 'host: [::1]:8'];
const ODD_HOSTS = ['Host:', 'Host: a b', 'Host: a/b', 'Host: @a', 'Host: a:x', 'X: y', 'Host: a\r\nHost: a'];
const CONNECTIONS = [
  'close',
  'keep-alive',
  'Close',
  'keep-alive, close',
  'te',
  'upgrade',
  'close2',
  ' ,close,',
];
const LENGTHS = ['0', '1', '5', '10', '05'];
const ODD_LENGTHS = [
  ...[
    '+5',
    '-1',
    '5 5',
    '5,5',
    '0x5',
    '5\t',
    '\t5',
    ' 5',
    '5 ',
    '',
    '5;',
    '1e1',
    '99999999999999999999',
    '5\0',
  ],
  ...['5\r\nContent-Length: 5', '5\r\nContent-Length: 6', '18446744073709551621', '4294967301', '5.0', "5'"],
];
const CODINGS = ['chunked', 'Chunked'];
const ODD_CODINGS = [
  ...[
    'gzip, chunked',
    'chunked, chunked',
    'identity',
    'chunked, gzip',
    'xchunked',
    'chunkedx',
    '"chunked"',
    '',
  ],
  ...[
    'chunked,',
    ',chunked',
    'chunked;a=b',
    'chun ked',
    'chunked\r\nTransfer-Encoding: chunked',
    'chunked\0',
  ],
  ...['gzip\r\nTransfer-Encoding: chunked', 'chunked\t', '\tchunked', '\x0bchunked', 'chunked\r\n identity'],
];
const ODD_SIZES = [
  '5 ',
  ' 5',
  '0x5',
  '+5',
  '-5',
  '5_',
  'g',
  '',
  '00000000000005',
  'fffffffffffffffff',
  '5h',
  '5\t',
];
const EXTENSIONS = [';a', ';a=b', ';a="b"', ';a="b;\\"c"', ';a;b=c', ' ;a', '; a', ';a = b', ';a ="b"\t;c'];
const ODD_EXTENSIONS = [
  ...[
    ';',
    ';;',
    ';=',
    ';a=',
    ';a="',
    ';a="b',
    ';a="\n"',
    ';a=\n',
    ' ',
    ';a ',
    ';a=b ',
    ';\n',
    ';a="\\',
    '; ',
  ],
  ...[';a=b=c', ';a"b"', ';a="b"c', '\n', ' \n', ';a="\x01"', ';a=,', ';\0', ';a\rb', ';a="\r\n"'],
];
const INSERTS = [
  ...['\r', '\n', '\r\n', '\r\n\r\n', ' ', '\t', ':', ';', ',', '=', '"', '\\', '\0', '\x80', '\xff', '\x0b'],
  ...['0', '5', 'a', 'f', '/', '?', '#', '%', '0\r\n\r\n', '5\r\nhello\r\n', 'Content-Length: 5\r\n', '\x7f'],
  ...[
    'Transfer-Encoding: chunked\r\n',
    'GET / HTTP/1.1\r\n',
    'Host: a\r\n',
    ' HTTP/1.1',
    'Connection: close\r\n',
  ],
];

/** Bytes of a connection, made from random choices. */
export function makeBytes(random: Random): string {
  let bytes = '';
  const count = random.pick([1, 1, 1, 2, 2, 3]);
  for (let index = 0; index < count; index += 1) {
    bytes += random.oneIn(8) ? random.pick(SEEDS) : makeMessage(random, random.oneIn(3) ? 16 : 100);
  }
  return random.oneIn(4) ? change(bytes, random) : bytes;
}

/** A request in which each part is an odd one once in `odds`. */
function makeMessage(random: Random, odds: number): string {
  const either = (usual: readonly string[], odd: readonly string[]) =>
    random.pick(random.oneIn(odds) ? odd : usual);
  const lineEnd = () => (random.oneIn(odds * 5) ? random.pick(ODD_LINE_ENDS) : '\r\n');
  let head = random.oneIn(odds) ? random.pick(['\r\n', '\n', '\r', ' ', '\0', '\r\n\r\n']) : '';
  head += `${either(METHODS, ODD_METHODS)} ${either(TARGETS, ODD_TARGETS)}${either(VERSIONS, ODD_VERSIONS)}`;
  head += `${lineEnd()}${either(HOSTS, ODD_HOSTS)}${lineEnd()}`;
  const field = (name: string, value: string) => `${name}:${random.pick(PADDINGS)}${value}${lineEnd()}`;
  for (let count = random.below(4); count > 0; count -= 1) {
    head += field(either(NAMES, ODD_NAMES), either(VALUES, ODD_VALUES));
  }
  if (random.oneIn(5)) head += field('Connection', random.pick(CONNECTIONS));
  if (random.oneIn(12)) head += field('Expect', random.pick(['100-continue', '100-Continue', 'x']));
  if (random.oneIn(25)) head += field('Upgrade', random.pick(['websocket', 'h2c']));
  const kind = random.below(4);
  if (random.oneIn(odds)) head += field('Content-Length', either(LENGTHS, ODD_LENGTHS));
  if (kind === 0) return `${head}${lineEnd()}`;
  if (kind === 1) {
    const length = either(LENGTHS, ODD_LENGTHS);
    return `${head}${field('Content-Length', length)}${lineEnd()}${'hello12345'.slice(0, Number(length) || 0)}`;
  }
  const name = random.oneIn(odds)
    ? random.pick(['transfer-encoding', 'Transfer-encoding '])
    : 'Transfer-Encoding';
  head += `${field(name, either(CODINGS, ODD_CODINGS))}${lineEnd()}`;
  let body = '';
  for (let count = random.below(3); count > 0; count -= 1) {
    const size = 1 + random.below(12);
    const written = random.oneIn(odds) ? random.pick(ODD_SIZES) : size.toString(16);
    const extension = random.oneIn(3) ? either(EXTENSIONS, ODD_EXTENSIONS) : '';
    body += `${written}${extension}${lineEnd()}${'0\r\n\r\nabcdefgh'.slice(0, size)}${lineEnd()}`;
  }
  body += `${either(['0', '0', '00'], ODD_SIZES)}${lineEnd()}`;
  if (random.oneIn(4))
    body += field(either(NAMES, [...ODD_NAMES, 'Content-Length', 'Host']), random.pick(VALUES));
  return `${head}${body}${lineEnd()}`;
}

/** A few places changed: bytes put in, taken out, or set again elsewhere. */
function change(bytes: string, random: Random): string {
  let changed = bytes;
  for (let count = 1 + random.below(3); count > 0; count -= 1) {
    const at = random.below(changed.length + 1);
    const removed = random.pick([0, 0, 1, 1, 2, 5]);
    const inserted = random.pick([random.pick(INSERTS), String.fromCharCode(random.below(256)), '']);
    changed = changed.slice(0, at) + inserted + changed.slice(at + removed);
  }
  if (!random.oneIn(8)) return changed;
  const from = random.below(changed.length);
  const piece = changed.slice(from, from + 1 + random.below(30));
  const to = random.below(changed.length + 1);
  return changed.slice(0, to) + piece + changed.slice(to);
}
