import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SOURCE = 'function sum(a, b) { return a + b; } sum(1, 2)';
/** Leaves compiled code, as Node does in its compile cache, and has in itself for its own modules. */
const COMPILE = `const script = new (require('node:vm').Script)(${JSON.stringify(SOURCE)});
require('node:fs').writeFileSync('code', script.createCachedData());`;
const APP = `import { readFileSync } from 'node:fs';
import { Script } from 'node:vm';
const cachedData = readFileSync(new URL('code', import.meta.url));
const { cachedDataRejected } = new Script(${JSON.stringify(SOURCE)}, { cachedData });
export default { fetch: () => Response.json({ cachedDataRejected }) };`;

test('threads of a start take code that was compiled before: no flag of V8 is set until then', async () => {
  const folder = temporaryFolder({ 'app.mjs': APP });
  execFileSync(process.execPath, ['-e', COMPILE], { cwd: folder });
  await using heddle = await spawnHeddle([`${folder}/app.mjs`, '--threads', '2']);
  assert.deepEqual(await (await fetch(heddle.url)).json(), { cachedDataRejected: false });
});
