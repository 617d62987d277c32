// Run by open-file.test.ts: one thread keeps replacing a file by a link out of the root, a FIFO and a folder while
// this one opens it. Prints what it got as JSON.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { FileOpener } from '#static/open-file.ts';

const SWAPPER = `
const { workerData } = require('node:worker_threads');
const { linkSync, mkdirSync, renameSync, rmSync, symlinkSync } = require('node:fs');
const { root, base, stop } = workerData;
const place = (make) => { make(base + '/next'); renameSync(base + '/next', root + '/x'); };
while (Atomics.load(stop, 0) === 0) {
  place((next) => linkSync(base + '/inside', next));
  place((next) => symlinkSync(base + '/secret', next));
  place((next) => linkSync(base + '/inside', next));
  place((next) => linkSync(base + '/fifo', next));
}
`;

const base = mkdtempSync(join(tmpdir(), 'heddle-race-'));
const root = mkdtempSync(join(base, 'site-'));
writeFileSync(join(base, 'inside'), 'inside');
writeFileSync(join(base, 'secret'), 'secret');
writeFileSync(join(root, 'x'), 'inside');
execFileSync('mkfifo', [join(base, 'fifo')]);

const stop = new Int32Array(new SharedArrayBuffer(4));
const swapper = new Worker(SWAPPER, { eval: true, workerData: { base, root, stop } });
await new Promise((resolve) => swapper.once('online', resolve));

const countDescriptors = (): number =>
  existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0;
const before = countDescriptors();
const opener = new FileOpener(root);
let sent = 0;
let secrets = 0;
for (let round = 0; round < 20_000; round += 1) {
  const file = opener.open('x');
  if (typeof file === 'string') continue;
  sent += 1;
  if (String(file.content(0, 6)) === 'secret') secrets += 1;
  file.close();
}
const descriptors = countDescriptors() - before;
Atomics.store(stop, 0, 1);
await new Promise((resolve) => swapper.once('exit', resolve));
rmSync(base, { recursive: true });
console.log(JSON.stringify({ sent, secrets, descriptors }));
