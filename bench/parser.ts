// What reading alone costs: heads and chunked bodies in our engine beside llhttp by way of Node's parser, in one
// process and in turn, without sockets. Usage: npm run bench:parser [-- ROUNDS]
import { type BodyReader, bodyReaderFor } from '#http1/body-readers.ts';
import { HeadReader } from '#http1/head-reader.ts';
import { ReceiveBuffer } from '#http1/receive-buffer.ts';
import { RequestHead } from '#http1/request-head.ts';
import { HTTPParser, type NodeParser, startConnection } from '../fuzz/node-parser.ts';

const ROUNDS = Number(process.argv[2] ?? 15);

const SHORT_HEAD = 'GET / HTTP/1.1\r\nHost: 127.0.0.1:7878\r\n\r\n';
const BROWSER_HEAD = [
  'GET /articles/2026/11/the-loom-and-its-threads?ref=front&page=2 HTTP/1.1',
  'Host: www.example.com',
  'Connection: keep-alive',
  'sec-ch-ua: "Chromium";v="156", "Not.A/Brand";v="24"',
  'sec-ch-ua-mobile: ?0',
  'sec-ch-ua-platform: "Linux"',
  'Upgrade-Insecure-Requests: 1',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-GB,en;q=0.9',
  'Cookie: session=b3a1c5d2e4f60718; theme=dark',
  '',
  '',
].join('\r\n');

function chunkedBody(chunkBytes: number, totalBytes: number): string {
  const chunk = `${chunkBytes.toString(16)}\r\n${'x'.repeat(chunkBytes)}\r\n`;
  return `${chunk.repeat(Math.ceil(totalBytes / chunkBytes))}0\r\n\r\n`;
}

const CHUNKED_HEAD = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

interface Scenario {
  readonly name: string;
  readonly bytes: Buffer;
  /** How often the bytes are read in one round. */
  readonly times: number;
  /** What one reading is told in. */
  readonly unit: 'ns a head' | 'MB/s';
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: `head of ${SHORT_HEAD.length} bytes`,
    bytes: Buffer.from(SHORT_HEAD),
    times: 100_000,
    unit: 'ns a head',
  },
  {
    name: `a browser's head of ${BROWSER_HEAD.length} bytes`,
    bytes: Buffer.from(BROWSER_HEAD),
    times: 50_000,
    unit: 'ns a head',
  },
  {
    name: '1 MiB in chunks of 16 KiB',
    bytes: Buffer.from(CHUNKED_HEAD + chunkedBody(16_384, 1 << 20)),
    times: 200,
    unit: 'MB/s',
  },
  {
    name: '64 KiB in chunks of 64 bytes',
    bytes: Buffer.from(CHUNKED_HEAD + chunkedBody(64, 65_536)),
    times: 200,
    unit: 'MB/s',
  },
];

const LIMITS = {
  maxHeadBytes: 16_384,
  maxFields: 100,
  maxTargetBytes: 8192,
  maxTrailerBytes: 8192,
  maxChunkExtensionBytes: 1024,
};
const READ_BYTES = 65_536;

function readWithHeddle(bytes: Buffer, times: number): void {
  const heads = new HeadReader(LIMITS, { newHead: () => new RequestHead() });
  const buffer = new ReceiveBuffer();
  for (let time = 0; time < times; time += 1) {
    let body: BodyReader | undefined;
    for (let start = 0; start < bytes.length; start += READ_BYTES) {
      // A copy, for the engine moves small chunks together in what it is lent; the peer gets one too.
      buffer.append(Buffer.from(bytes.subarray(start, start + READ_BYTES)));
      if (start === 0) {
        if (heads.read(buffer) !== 'done') throw new Error('The head was not read.');
        body = bodyReaderFor(heads.head.framing, LIMITS);
      }
      while (body?.read(buffer) === 'data');
    }
    if (buffer.length > 0) throw new Error('The body was not read.');
    heads.startNext();
  }
}

function newNodeParser(): NodeParser {
  const parser = new HTTPParser();
  parser[HTTPParser.kOnHeadersComplete] = () => 0;
  parser[HTTPParser.kOnBody] = () => undefined;
  parser[HTTPParser.kOnMessageComplete] = () => undefined;
  parser[HTTPParser.kOnHeaders] = () => undefined;
  startConnection(parser);
  return parser;
}

function readWithNode(bytes: Buffer, times: number): void {
  const parser = newNodeParser();
  for (let time = 0; time < times; time += 1) {
    for (let start = 0; start < bytes.length; start += READ_BYTES) {
      const outcome = parser.execute(Buffer.from(bytes.subarray(start, start + READ_BYTES)));
      if (typeof outcome !== 'number') throw outcome;
    }
  }
}

/** Nanoseconds for one reading of the bytes. */
function measure(read: (bytes: Buffer, times: number) => void, { bytes, times }: Scenario): number {
  const start = process.hrtime.bigint();
  read(bytes, times);
  return Number(process.hrtime.bigint() - start) / times;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function show(nanoseconds: number, { bytes, unit }: Scenario): string {
  return unit === 'MB/s'
    ? `${((bytes.length / nanoseconds) * 1000).toFixed(0)} MB/s`
    : `${nanoseconds.toFixed(0)} ns`;
}

console.log(`Node ${process.versions.node}, median of ${ROUNDS} rounds, in turn\n`);
console.log(
  '| what is read | heddle | llhttp in Node | time of heddle / llhttp |\n| --- | --- | --- | --- |',
);
for (const scenario of SCENARIOS) {
  const ours: number[] = [];
  const theirs: number[] = [];
  // The first rounds warm the compiler up.
  for (let round = -3; round < ROUNDS; round += 1) {
    const mine = measure(readWithHeddle, scenario);
    const peers = measure(readWithNode, scenario);
    if (round < 0) continue;
    ours.push(mine);
    theirs.push(peers);
  }
  const ratio = median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
  const { name } = scenario;
  console.log(
    `| ${name} | ${show(median(ours), scenario)} | ${show(median(theirs), scenario)} | ${ratio.toFixed(2)} |`,
  );
}
