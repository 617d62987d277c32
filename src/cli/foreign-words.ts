import { readdirSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';

/** Flags of other servers, several of them separated by blanks, and what to do here. */
const FLAGS: readonly (readonly [flags: string, step: string])[] = [
  ['--spa --history --fallback', 'Use --single.'],
  ['--listen', 'Use --port, and --host for another address.'],
  ['--root --dir --directory --folder --public -d', 'Name the folder itself: heddle ./public.'],
  ['--address --addr --bind --hostname --ip -a -b', 'Use --host.'],
  ['--workers --worker --cluster --instances --processes', 'Use --threads.'],
  ['--browse --autoindex --index --dirs', 'Use --listing.'],
  [
    '--gzip --brotli --compression',
    'Files are compressed without a flag; --compress is for what an app answers.',
  ],
  ['--no-compression -u', 'Use --compress-cache 0.'],
  [
    '--tls --ssl --https --cert --key --ssl-cert --ssl-key --letsencrypt',
    'heddle speaks no TLS: put a proxy in front, such as Caddy.',
  ],
  ['--no-request-logging -L', 'Leave it out: requests are logged with --access-log only.'],
  ['--verbose --log-level', 'Use --debug for stacks, --access-log for requests.'],
  ['-V', 'Use --version.'],
  [
    '--strictPort --strict-port --no-port-switching',
    'Leave it out: heddle takes the port it is told, or none.',
  ],
  ['--daemon --daemonize --detach -D', 'Let another program run it: heddle init systemd, docker or k8s.'],
  ['--proxy --proxy-pass --to', 'heddle passes requests to no other server; an app can, with fetch().'],
  ['--reload --hot --dev --live', 'Use --watch.'],
  ['--max-old-space-size', 'Use --thread-memory.'],
  ['--inspect --inspect-brk', 'It is for Node: node --inspect, then the path of heddle and the rest.'],
  ['--timeout', 'Use --request-timeout, or --head-timeout.'],
  ['--cache-control --max-age --expires', 'Use --cache.'],
  ['--header', 'Use --headers.'],
  ['--env', 'Use --env-file.'],
];
const STEP_OF_FLAG: ReadonlyMap<string, string> = new Map(
  FLAGS.flatMap(([flags, step]) => flags.split(' ').map((flag) => [flag, step] as const)),
);
/** Words by which other servers are told to serve. */
const SERVING: readonly string[] = ['serve', 'start', 'run', 'dev', 'preview', 'server', 'file-server'];
/** Words that are no commands here. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['help', 'Use heddle --help.'],
  ['version', 'Use heddle --version.'],
  ['reload', 'A server is told by a signal: kill -HUP, and the number of its process.'],
  ['stop', 'A server is told by a signal: kill -TERM, and the number of its process.'],
]);

/**
 * What to do where a flag of another server was given.
 * @param flag as it was given
 * @returns empty where nothing is known of it
 */
export function stepForFlag(flag: string): string {
  return STEP_OF_FLAG.get(flag.split('=', 1)[0] ?? '') ?? '';
}

/**
 * What to do where there were more words than a target: a command or a port as other servers take them.
 * @param words as they were given
 * @returns empty where it is neither
 */
export function stepForWords(words: readonly string[]): string {
  const [first = '', second = ''] = words;
  if (SERVING.includes(first))
    return `heddle serves without a word for it: heddle ${second}${first === 'dev' ? ' --watch' : ''}.`;
  const step = WORDS.get(first);
  if (step !== undefined) return step;
  const port = words.find((word) => /^\d+$/.test(word));
  if (port === undefined) return '';
  return `A port is given by --port: heddle ${words.find((word) => word !== port) ?? ''} --port ${port}.`;
}

/**
 * What to do where there is nothing of a name.
 * @param name as it was given
 */
export function stepForTarget(name: string): string {
  const step = WORDS.get(name);
  if (step !== undefined) return step;
  if (SERVING.includes(name)) return 'heddle serves without a word for it: leave it out.';
  if (/^https?:\/\//.test(name))
    return 'heddle serves folders and apps, and passes requests to no other server; an app can, with fetch().';
  const [, place = '', port = ''] = /^(.*):(\d+)$/.exec(name) ?? [];
  if (port !== '') return `A port is given by --port: heddle ${place || '.'} --port ${port}.`;
  const sibling = siblingOf(name);
  return sibling === undefined ? 'Check the path.' : `There is ${sibling}.`;
}

/** A module of the same name with another ending, as where one was compiled or renamed. */
function siblingOf(name: string): string | undefined {
  const stem = basename(name, extname(name));
  let names: string[];
  try {
    names = readdirSync(dirname(name));
  } catch {
    return undefined;
  }
  const found = names.find(
    (other) => /^\.[cm]?[jt]s$/.test(extname(other)) && basename(other, extname(other)) === stem,
  );
  return found === undefined ? undefined : join(dirname(name), found);
}
