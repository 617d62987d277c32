// node scripts/test.ts quick|all|long [runner options]: the test files of one tier, run by the Node that runs this.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** Which folders of test/ a tier leaves out; `long` runs nothing but test/long. */
const SLOW_FOLDERS = ['browser', 'faults', 'frameworks', 'long', 'package', 'peers', 'runtimes', 'system'];
const TIERS: Readonly<Record<string, (folder: string) => boolean>> = {
  quick: (folder) => !SLOW_FOLDERS.includes(folder),
  all: (folder) => folder !== 'long',
  long: (folder) => folder === 'long',
};

/** What `npm ci` does not install. The tests that want it skip themselves; here it is said once, up front. */
const WANTED = [
  { path: '/usr/bin/chromium', install: 'apt-get install chromium', tests: 'test/browser' },
  { path: '/usr/sbin/haproxy', install: 'apt-get install haproxy', tests: 'test/peers behind HAProxy' },
  { path: '/usr/sbin/nginx', install: 'apt-get install nginx', tests: 'test/peers behind nginx' },
  {
    path: '/usr/bin/slowhttptest',
    install: 'apt-get install slowhttptest',
    tests: 'test/peers against slow clients',
  },
  {
    path: '/usr/bin/systemd-socket-activate',
    install: 'apt-get install systemd',
    tests: 'the units of heddle init systemd, under systemd',
  },
  { path: '/usr/bin/zsh', install: 'apt-get install zsh', tests: 'completions in zsh' },
  { path: '/usr/bin/fish', install: 'apt-get install fish', tests: 'completions in fish' },
  {
    path: `${ROOT}test/node24/node_modules/node24/bin/node`,
    install: 'npm ci --prefix test/node24',
    tests: 'test/package on Node 24',
  },
  {
    path: `${ROOT}test/frameworks/node_modules`,
    install: 'npm ci --prefix test/frameworks',
    tests: 'test/frameworks',
  },
  {
    path: `${ROOT}test/runtimes/node_modules`,
    install: 'npm ci --prefix test/runtimes',
    tests: 'test/runtimes: the example apps under Bun and Deno',
  },
];

const [tier = 'all', ...runnerOptions] = process.argv.slice(2);
const isInTier = TIERS[tier];
if (isInTier === undefined) {
  console.error(`There is no tier '${tier}'. Give one of: ${Object.keys(TIERS).join(', ')}.`);
  process.exit(1);
}

const files = globSync('test/**/*.test.ts', { cwd: ROOT, exclude: ['**/node_modules/**'] })
  .filter((file) => isInTier(file.split('/')[1] ?? ''))
  .sort();
// Without files the runner would look for some by its own rules.
if (files.length === 0) {
  console.error(`Tier '${tier}' has no test files.`);
  process.exit(1);
}

const concurrency = Math.max(2, Math.min(8, availableParallelism()));
console.log(`Node ${process.version}, tier ${tier}: ${files.length} files, ${concurrency} at a time`);
for (const { path, install, tests } of WANTED) {
  if (!existsSync(path)) console.log(`Skipped: ${tests}, for want of ${path} (${install})`);
}

// A file that hangs fails after this, instead of holding the run for ever.
const timeout = tier === 'long' ? [] : ['--test-timeout=300000'];
const { status, error } = spawnSync(
  process.execPath,
  [
    '--test',
    '--test-reporter=spec',
    `--test-concurrency=${concurrency}`,
    ...timeout,
    ...runnerOptions,
    ...files,
  ],
  {
    cwd: ROOT,
    stdio: 'inherit',
    // `node` started by name in a test is this Node too.
    env: {
      ...process.env,
      // Hundreds of servers are started: each finds what the first have compiled.
      NODE_COMPILE_CACHE: `${ROOT}node_modules/.cache/heddle-tests`,
      PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`,
    },
  },
);
if (error !== undefined) throw error;
process.exitCode = status ?? 1;
