import type { Load } from './wrk.ts';

/** What is asked of each server. */
export interface Scenario {
  readonly name: string;
  /** For the report. */
  readonly title: string;
  readonly load: Load;
  /** Whether a folder is served, or an app. */
  readonly kind: 'app' | 'folder';
  /** What heddle's cost is to be at most, as a multiple of another's. */
  readonly targets: readonly { readonly peer: string; readonly most: number }[];
  /** Looks at one answer; throws where it is not the right one. @returns fields to send besides, such as a tag */
  readonly check: (url: string) => Promise<readonly string[]>;
}

/** About 600 bytes, as Chromium sends it. */
const BROWSER_FIELDS = [
  'Connection: keep-alive',
  'Cache-Control: max-age=0',
  'sec-ch-ua: "Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"',
  'sec-ch-ua-mobile: ?0',
  'sec-ch-ua-platform: "Linux"',
  'Upgrade-Insecure-Requests: 1',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Sec-Fetch-Site: none',
  'Sec-Fetch-Mode: navigate',
  'Sec-Fetch-Dest: document',
  'Accept-Encoding: identity',
  'Accept-Language: en-GB,en;q=0.9,de;q=0.8',
];

const MIB = 1_048_576;

/** The files of the folder, by name: their sizes in bytes. */
export const FILES: Readonly<Record<string, number>> = {
  'index.html': 5,
  '10k.bin': 10_240,
  '100k.bin': 102_400,
  '1m.bin': MIB,
  '100m.bin': 100 * MIB,
  'text.js': 102_400,
};

async function expect(url: string, path: string, length: number, init: RequestInit = {}): Promise<Response> {
  const answer = await fetch(new URL(path, url), init);
  const { byteLength } = await answer.arrayBuffer();
  if (answer.status !== 200 || byteLength !== length)
    throw new Error(`${path}: status ${answer.status}, ${byteLength} bytes instead of ${length}`);
  return answer;
}

function hello(url: string): Promise<readonly string[]> {
  return expect(url, '/', 5).then(() => []);
}

function app(
  name: string,
  title: string,
  load: Load,
  targets: Scenario['targets'] = [],
  check: Scenario['check'] = hello,
): Scenario {
  return { name, title, load, kind: 'app', targets, check };
}

function upload(bytes: number): Scenario['check'] {
  return async (url) => {
    const answer = await fetch(new URL('/upload', url), { method: 'POST', body: new Uint8Array(bytes) });
    const text = await answer.text();
    if (text !== String(bytes)) throw new Error(`/upload answered ${text} to ${bytes} bytes`);
    return [];
  };
}

function file(name: string, title: string, path: string, most: number, connections = 64): Scenario {
  const targets = [{ peer: 'nginx', most }, ...(name === '10k' ? [{ peer: 'sirv', most: 0.1 }] : [])];
  const check = async (url: string): Promise<readonly string[]> => {
    await expect(url, path, FILES[path.slice(1)] ?? 0);
    return [];
  };
  return { name, title, load: { path, connections }, kind: 'folder', targets, check };
}

const NEAR_OTHERS = [
  { peer: 'Bun', most: 1 },
  { peer: 'Deno', most: 1 },
  { peer: 'node:http', most: 0.65 },
  { peer: 'C floor', most: 1.4 },
];

/** All of them, in the order of the report. */
export const SCENARIOS: readonly Scenario[] = [
  app('hello', 'A short text, 40 bytes of head', {}, NEAR_OTHERS),
  app('browser', 'A short text, 600 bytes of head', { fields: BROWSER_FIELDS }, NEAR_OTHERS),
  app('pipelined', 'A short text, 16 requests together', { pipelined: 16 }),
  app('close', 'A short text, one request a connection', { fields: ['Connection: close'] }, [
    { peer: 'node:http', most: 0.85 },
  ]),
  app('json', 'JSON of a kibibyte', { path: '/json' }, [], async (url) => {
    const record = (await (await fetch(new URL('/json', url))).json()) as { id?: number };
    if (record.id !== 4711) throw new Error('/json answered another record');
    return [];
  }),
  app(
    'post',
    'POST of 64 KiB',
    { path: '/upload', uploadBytes: 65_536 },
    [{ peer: 'node:http', most: 0.6 }],
    upload(65_536),
  ),
  app(
    'upload',
    'POST of 10 MiB',
    { path: '/upload', uploadBytes: 10 * MIB, connections: 8 },
    [],
    upload(10 * MIB),
  ),
  app(
    'stream',
    'A mebibyte streamed in parts of 16 KiB',
    { path: '/stream', connections: 16 },
    [],
    async (url) => {
      await expect(url, '/stream', MIB);
      return [];
    },
  ),
  file('10k', 'A file of 10 KiB', '/10k.bin', 0.85),
  file('100k', 'A file of 100 KiB', '/100k.bin', 0.85),
  file('1m', 'A file of 1 MiB', '/1m.bin', 1, 16),
  file('100m', 'A file of 100 MiB', '/100m.bin', 1, 4),
  {
    ...file('304', 'A file of 10 KiB that the client has: 304', '/10k.bin', 0.85),
    check: async (url) => {
      const { headers } = await expect(url, '/10k.bin', 10_240);
      const tag = headers.get('etag');
      const since = headers.get('last-modified');
      const field = tag === null ? `If-Modified-Since: ${since}` : `If-None-Match: ${tag}`;
      const [name = '', value = ''] = field.split(/: (.*)/s);
      const { status } = await fetch(new URL('/10k.bin', url), { headers: { [name]: value } });
      if (status !== 304) throw new Error(`answered ${status} to ${field}`);
      return [field];
    },
  },
  {
    ...file('gzip', 'A script of 100 KiB, compressed', '/text.js', 0.85),
    load: { path: '/text.js', fields: ['Accept-Encoding: gzip'] },
    check: async (url) => {
      // The first may come as it is, while it is compressed.
      for (let tries = 0; tries < 50; tries += 1) {
        const answer = await expect(url, '/text.js', 102_400, { headers: { 'accept-encoding': 'gzip' } });
        if (answer.headers.get('content-encoding') === 'gzip') return [];
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error('is never compressed');
    },
  },
];
