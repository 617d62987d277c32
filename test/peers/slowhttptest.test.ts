import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { readMetrics } from '../support/metrics-page.ts';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { askFromElsewhere, SLOWHTTPTEST, SlowAttack } from './slow-attack.ts';

const APP = 'test/peers/slow-target.ts';
const CONNECTIONS = 300;
const DEADLINES = ['--head-timeout', '1s', '--body-grace', '1s', '--write-stall-timeout', '1s'];
/** More than the kernel takes for a client that does not read. */
const LARGE_BYTES = 16_777_216;
const skip = !existsSync(SLOWHTTPTEST) && `there is no ${SLOWHTTPTEST}`;

/** A server, what is attacked there, and how. */
interface Attack {
  readonly served: 'app' | 'folder';
  readonly target: string;
  readonly args: readonly string[];
  /** Whether its connections stay until a deadline of the server ends them. */
  readonly holds: boolean;
}

const ATTACKS: Readonly<Record<string, Attack>> = {
  'slow headers': { served: 'app', target: '', args: ['-H', '-i', '1'], holds: true },
  'slow bodies': { served: 'app', target: '', args: ['-B', '-i', '1', '-s', '8192'], holds: true },
  'many ranges': { served: 'folder', target: 'large', args: ['-R', '-a', '10', '-b', '3000'], holds: false },
  'slow readers': {
    served: 'folder',
    target: 'large',
    args: ['-X', '-w', '10', '-y', '20', '-n', '1', '-z', '8'],
    holds: true,
  },
};

function openConnections(page: ReadonlyMap<string, number>): number {
  return page.get('heddle_connections_open') ?? assert.fail();
}

describe('slowhttptest keeps nobody from being answered', { skip }, () => {
  for (const [name, { served, target, args, holds }] of Object.entries(ATTACKS)) {
    test(`with ${name}, whose connections the server ends`, async () => {
      const folder = temporaryFolder();
      writeFileSync(`${folder}/large`, Buffer.alloc(LARGE_BYTES));
      writeFileSync(`${folder}/small`, 'small');
      const flags = ['--threads', '2', '--admin', '0', ...DEADLINES];
      await using heddle = await spawnHeddle([served === 'app' ? APP : folder, ...flags]);
      const admin = /heddle: admin on (\S+)/.exec(heddle.stdout)?.[1];
      await using attack = new SlowAttack(heddle.url + target, CONNECTIONS, ...args);
      let asked = 0;
      for (let [open, accepted] = [0, 0]; open >= CONNECTIONS / 10 || accepted - asked < CONNECTIONS; ) {
        assert.equal(await askFromElsewhere(`${heddle.url}small`), 200);
        asked += 1;
        const page = await readMetrics(admin);
        open = openConnections(page);
        accepted = page.get('heddle_connections_accepted_total') ?? 0;
        // It asks once, and is answered like anybody else.
        if (!holds && attack.isOver) break;
        assert.ok(!attack.isOver, `${open} connections are left`);
      }
      assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
      assert.doesNotMatch(heddle.stderr, /died|failed/);
    });
  }

  test('with more connections than there may be, where each client may have some of them alone', async () => {
    const flags = ['--threads', '2', '--admin', '0', '--max-connections', '60'];
    await using heddle = await spawnHeddle([APP, ...flags, '--max-connections-per-ip', '40']);
    const admin = /heddle: admin on (\S+)/.exec(heddle.stdout)?.[1];
    await using attack = new SlowAttack(heddle.url, CONNECTIONS, '-H', '-i', '1');
    for (let dropped = 0; dropped < CONNECTIONS - 60; ) {
      assert.equal(await askFromElsewhere(heddle.url), 200);
      const page = await readMetrics(admin);
      dropped = page.get('heddle_connections_dropped_total') ?? 0;
      assert.ok(openConnections(page) < 60);
      assert.ok(!attack.isOver);
    }
    for (let again = 0; again < 20; again += 1) assert.equal(await askFromElsewhere(heddle.url), 200);
  });
});
