import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Handler } from '#exchange/handler.ts';
import type { Reply } from '#exchange/reply.ts';
import { createStaticHandler } from '#static/static-handler.ts';
import { fakeRequest } from '../test/support/fake-request.ts';
import type { Random } from './random.ts';
import type { Outcome } from './targets.ts';

/*
 * Paths against a folder with a secret beside it and inside it. Each public file holds its own path, so that what comes
 * out tells where it was.
 */

const SECRET = 'the secret';
const PUBLIC = [
  ...[
    'index.html',
    'about.html',
    'docs/index.html',
    'docs/guide.html',
    'docs/a b.html',
    'app.js',
    'sub/deep/x.txt',
  ],
  ...['.well-known/security.txt', 'caf\u00e9.txt', 'per%cent.txt', '404.html'],
];
const SECRET_FILES = [
  'serve.json',
  '../secret.txt',
  '../site-secret/secret.txt',
  '.env',
  '.git/config',
  'sub/.hidden/x',
];

const NAMES = [
  ...[
    'about',
    'docs',
    'docs/',
    'guide',
    'index',
    'index.html',
    'about.html',
    'app.js',
    'sub',
    'deep',
    'x.txt',
    'out',
  ],
  ...[
    'secret.txt',
    'site-secret',
    '.env',
    '.git',
    'config',
    '.well-known',
    'security.txt',
    'caf%C3%A9.txt',
    'site',
  ],
  ...[
    'per%25cent.txt',
    'a%20b',
    'old',
    'go',
    'users',
    'evil.example',
    '@evil',
    'http:',
    'C:',
    'CON',
    'serve.json',
  ],
];
const DOTS = [
  '.',
  '..',
  '...',
  '%2e',
  '%2E',
  '%2e%2e',
  '.%2e',
  '%252e%252e',
  '%c0%ae',
  '%e0%80%ae',
  '\uff0e',
  '..;',
];
const SLASHES = [
  '/',
  '/',
  '/',
  '//',
  '///',
  '%2f',
  '%5c',
  '\\',
  '%252f',
  '%c0%af',
  ';/',
  '/./',
  '%00/',
  '\u2215',
];
const TAILS = [
  '',
  '',
  '',
  '?',
  '?a=b',
  '?//evil.example',
  '#x',
  '%00',
  '%',
  '%zz',
  '%00.html',
  '.html',
  ' ',
  '\t',
  '~',
];

/** A path that begins with a slash, mostly; of names that are there, climbs, and separators in every disguise. */
export function makePath(random: Random): string {
  let path = random.oneIn(30) ? '' : '/';
  for (let count = random.below(random.oneIn(2) ? 2 : 6); count >= 0; count -= 1) {
    path += random.oneIn(6) ? random.pick(DOTS) : random.pick(NAMES);
    if (count > 0 || random.oneIn(3)) path += random.oneIn(6) ? random.pick(SLASHES) : '/';
  }
  if (random.oneIn(3)) path += random.pick(TAILS);
  if (random.oneIn(16)) path = changed(path, random);
  // One character a byte, as bytes come from a peer.
  return Buffer.from(path).toString('latin1');
}

function changed(path: string, random: Random): string {
  const at = random.below(path.length + 1);
  const piece = random.oneIn(2)
    ? String.fromCharCode(random.below(256))
    : `%${random.below(256).toString(16)}`;
  return path.slice(0, at) + piece + path.slice(at + random.below(2));
}

interface Site {
  readonly name: string;
  readonly handler: Handler;
  /** Whether a path may stand for another file than that of its name. */
  readonly hasRules: boolean;
}

let sites: readonly Site[] | undefined;

function makeSites(): readonly Site[] {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'heddle-fuzz-')));
  process.on('exit', () => rmSync(base, { recursive: true, force: true }));
  const root = join(base, 'site');
  for (const path of [...PUBLIC, ...SECRET_FILES]) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, PUBLIC.includes(path) ? path : SECRET);
    utimesSync(file, 1e9, 1e9);
  }
  symlinkSync(join(base, 'site-secret'), join(root, 'out'));
  const urls = {
    ...{ cleanUrls: true, trailingSlash: undefined },
    redirects: [
      { source: '/old/:x', destination: '/:x', status: 301 },
      { source: '/go/*', destination: '/:0', status: 307 },
    ],
    rewrites: [{ source: '/users/:path(.*)', destination: '/:path' }],
  };
  const site = (name: string, notFoundPage: boolean, more: object = {}): Site => ({
    name,
    handler: createStaticHandler({ root, notFoundPage, hidden: ['serve.json'], ...more }),
    hasRules: 'urls' in more || 'single' in more,
  });
  return [
    site('alone', true),
    site('beside an app', false),
    site('single', true, { single: true }),
    site('by rules', true, { urls }),
    site('without slashes', true, { urls: { ...urls, trailingSlash: false } }),
    site('with slashes', true, { urls: { ...urls, trailingSlash: true } }),
  ];
}

const STATUSES = [200, 301, 307, 400, 404];

/** A path gets no secret, no place on another host, and no file but its own. */
export function paths(path: string, random: Random): Outcome {
  sites ??= makeSites();
  const { name, handler, hasRules } = random.pick(sites);
  const reply = handler(fakeRequest({ path, fields: { accept: 'text/html' } }));
  if (reply === undefined) return { kind: `${name}: nothing` };
  if (!('status' in reply)) return { kind: 'finding', finding: `${name}: no reply in the same tick` };
  const kind = `${name}: ${reply.status}`;
  const wrong = faultOf(path, reply, hasRules);
  return wrong === undefined ? { kind } : { kind: 'finding', finding: `${kind}: ${wrong}` };
}

/** What is wrong with a reply to a path; `undefined` where nothing is. */
export function faultOf(
  path: string,
  { status, fields, body }: Reply,
  hasRules: boolean,
): string | undefined {
  if (!STATUSES.includes(status)) return 'this status';
  const content = body instanceof Uint8Array ? Buffer.from(body).toString() : String(body ?? '');
  if (content.includes(SECRET)) return 'the secret';
  if (status === 200 && !isOwn(path, content, hasRules)) return `the file ${content}`;
  const location = fields[fields.indexOf('location') + 1] ?? '';
  return fields.includes('location') && !staysHere(location) ? `Location: ${location}` : undefined;
}

/** By a model that knows nothing but decoding and names. */
function isOwn(path: string, content: string, hasRules: boolean): boolean {
  if (!PUBLIC.includes(content)) return false;
  if (hasRules) return true;
  const named = decodeURIComponent(path.replace(/\?.*$/s, '')).split('/').filter(Boolean).join('/');
  return [named, `${named}/index.html`, `${named}.html`, named === '' ? 'index.html' : named].includes(
    content,
  );
}

function staysHere(location: string): boolean {
  if (!/^\/(?![/\\])[!-~]*$/.test(location)) return false;
  return new URL(location, 'http://heddle.test').host === 'heddle.test';
}
