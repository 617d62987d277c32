import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type SpawnedHeddle, spawnHeddle } from '../support/spawn-heddle.ts';
import { RawConnection } from './raw-connection.ts';

const APP = 'test/system/fixtures/deaths.ts';
/** A heap of this many MiB in each thread, so that the leak is over within a second. */
const SMALL_HEAP = '--max-old-space-size=40';

/** Who answers on a connection: the thread's place, and the number that Node gave the thread itself. */
async function threadOf(connection: RawConnection): Promise<{ readonly place: string; readonly id: string }> {
  const [place = '', id = ''] = (await connection.fetch('/thread')).body.split(' ');
  return { place, id };
}

/** Connects until a connection has fallen to each of the threads. */
async function connectToEach(url: string, threads: number): Promise<Map<string, RawConnection>> {
  const connections = new Map<string, RawConnection>();
  while (connections.size < threads) {
    const connection = await RawConnection.open(url);
    const { place } = await threadOf(connection);
    if (connections.has(place)) await connection[Symbol.asyncDispose]();
    else connections.set(place, connection);
  }
  return connections;
}

async function closeAll(connections: Iterable<RawConnection>): Promise<void> {
  for (const connection of connections) await connection[Symbol.asyncDispose]();
}

function readyCount(heddle: SpawnedHeddle): number {
  return heddle.stdout.match(/^ready in \d+$/gm)?.length ?? 0;
}

/** Waits until so many threads have been ready since the start. */
async function untilReady(heddle: SpawnedHeddle, count: number): Promise<void> {
  await heddle.waitForOutput(new RegExp(`(?:ready in \\d+\\n[\\s\\S]*?){${count}}`));
  assert.equal(readyCount(heddle), count);
}

interface Death {
  readonly path: string;
  readonly kind: string;
  readonly detail: RegExp;
}

const DEATHS: readonly Death[] = [
  {
    path: '/throw',
    kind: 'error',
    detail: /Error: Thrown where nobody catches\.\n\s+at .*faults\/app\.ts:\d+/,
  },
  {
    path: '/reject',
    kind: 'error',
    detail: /Error: Rejected where nobody listens\.\n\s+at .*faults\/app\.ts:\d+/,
  },
  { path: '/exit', kind: 'exit', detail: /3/ },
  { path: '/leak', kind: 'out-of-memory', detail: /ERR_WORKER_OUT_OF_MEMORY/ },
];

describe('the death of a thread', () => {
  for (const { path, kind, detail } of DEATHS) {
    test(`by ${path} (${kind}) costs its own requests and no other; a new thread takes its place`, async () => {
      const env = path === '/leak' ? { NODE_OPTIONS: SMALL_HEAP } : {};
      await using heddle = await spawnHeddle([APP, '--threads', '3'], { env });
      await untilReady(heddle, 3);
      const held = await connectToEach(heddle.url, 3);
      const [victim, ...others] = [...held.keys()].sort();
      const ids = new Map<string, string>();
      for (const [place, connection] of held) ids.set(place, (await threadOf(connection)).id);

      const waiting = await RawConnection.open(heddle.url);
      const busy = held.get(others[0]!)!;
      busy.get('/wait');
      await heddle.waitForOutput(/\/wait has come/);
      held.get(victim!)!.get(path);
      assert.equal(await held.get(victim!)!.untilGone(), '');
      await heddle.waitForOutput(/a new thread takes its place/);
      assert.match(
        heddle.stderr,
        new RegExp(`error main server-${victim} died \\(${kind}\\); a new thread takes its place\\n`),
      );
      assert.match(heddle.stderr, detail);
      // Between the death and the new thread the others go on, and so does what they were at.
      assert.equal((await busy.reply()).body, 'waited');
      for (const place of others) {
        assert.deepEqual(await threadOf(held.get(place)!), { place, id: ids.get(place) });
      }
      await untilReady(heddle, 4);
      await closeAll([waiting]);
      const after = await connectToEach(heddle.url, 3);
      assert.notEqual((await threadOf(after.get(victim!)!)).id, ids.get(victim!));
      for (const place of others) {
        assert.deepEqual(await threadOf(held.get(place)!), { place, id: ids.get(place) });
      }
      await closeAll([...held.values(), ...after.values()]);
      assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
    });
  }

  test('fails no connection that comes while the new thread starts', async () => {
    await using heddle = await spawnHeddle([APP, '--threads', '2']);
    await untilReady(heddle, 2);
    const held = await connectToEach(heddle.url, 2);
    held.get('0')!.get('/exit');
    await held.get('0')!.untilGone();
    // Half of these are queued for the thread that is not there yet: they wait for it and are answered.
    const answers = Array.from({ length: 40 }, async () => {
      await using connection = await RawConnection.open(heddle.url);
      return await threadOf(connection);
    });
    const places = new Set((await Promise.all(answers)).map(({ place }) => place));
    assert.deepEqual([...places].sort(), ['0', '1']);
    await closeAll(held.values());
  });

  test('at every one of its starts is given up in the end, while a neighbour serves its clients', async () => {
    await using heddle = await spawnHeddle([APP, '--threads', '2'], { env: { UNLUCKY_PLACE: '1' } });
    await heddle.waitForOutput(/server-1 died \(start-failed\); it died too often and is given up\n/);
    assert.equal(heddle.stderr.match(/server-1 died/g)?.length, 5);
    for (let n = 0; n < 20; n += 1) {
      await using connection = await RawConnection.open(heddle.url);
      assert.equal((await threadOf(connection)).place, '0');
    }
    assert.deepEqual(await heddle.stop(), { code: 0, signal: null }, heddle.stderr);
  });
});

test('where every thread dies too often the server ends, says so, and the exit is 1', async () => {
  await using heddle = await spawnHeddle(['test/system/fixtures/short-lived.ts', '--threads', '2']);
  assert.deepEqual(await heddle.exited, { code: 1, signal: null });
  assert.match(heddle.stderr, /heddle: every server thread died too often, and none is left\n$/);
});
