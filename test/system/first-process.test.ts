import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { MAIN, PROJECT_ROOT } from '../support/spawn-heddle.ts';

/** Begins numbers of processes anew, as a container does; whoever dies takes its child along. */
const UNSHARE = ['--fork', '--pid', '--kill-child'];
const skip =
  spawnSync('unshare', [...UNSHARE, 'true']).status !== 0 && 'this user may not number processes anew';

describe('the first process of a container', { skip }, () => {
  for (const [fixture, says, expected] of [
    ['never-loads.ts', /loading/, 143],
    ['who.ts', /^heddle: serving /m, 0],
  ] as const) {
    test(`with ${fixture} ends by SIGTERM, which the system gives it no default for`, async () => {
      const command = [process.execPath, MAIN, `test/system/fixtures/${fixture}`, '--port', '0', '-t', '1'];
      const child = spawn('unshare', [...UNSHARE, ...command], {
        cwd: PROJECT_ROOT,
        env: { ...process.env, NODE_TEST_CONTEXT: undefined },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(child, 'exit');
      try {
        let text = '';
        child.stdout.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        while (!says.test(text)) await once(child.stdout, 'data');
        const first = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
        process.kill(Number(first), 'SIGTERM');
        assert.deepEqual(await exited, [expected, null]);
      } finally {
        child.kill('SIGKILL');
      }
    });
  }
});
