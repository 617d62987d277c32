import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { runHeddle, spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SERVE = new URL('../../src/server/serve.ts', import.meta.url).href;

/** A program of its own that serves from its thread. */
const PROGRAM = {
  'app.ts': `import { threadId } from 'node:worker_threads';
    import { serve } from '${SERVE}';
    const server = await serve({
      port: Number(process.env.OWN_PORT ?? 7878), threads: 2, static: 'site', idleGraceMs: 0,
      fetch: (request: Request) => new Response(\`\${new URL(request.url).pathname} \${threadId > 0}\`),
    });
    console.log(\`\${process.pid} is at \${server.url}\`);`,
  'site/page.txt': 'a page',
};

describe('a module that calls serve()', () => {
  test('serves by itself under node, and from threads under heddle', async () => {
    const cwd = temporaryFolder(PROGRAM);
    const command = [process.execPath, `${cwd}/app.ts`] as const;
    await using alone = await spawnHeddle([], { command, cwd, anyPort: false, env: { OWN_PORT: '0' } });
    assert.equal(await (await fetch(`${alone.url}a`)).text(), '/a false');
    await using heddle = await spawnHeddle(['app.ts'], { cwd });
    await heddle.waitForOutput(/^heddle: serving app\.ts on .* \(2 threads: /m);
    assert.equal(await (await fetch(`${heddle.url}a`)).text(), '/a true');
    assert.equal(await (await fetch(`${heddle.url}page.txt`)).text(), 'a page');
    // Each thread had the address before it served.
    const said = heddle.stdout.split('\n').filter((line) => line === `${heddle.pid} is at ${heddle.url}`);
    assert.equal(said.length, 2, heddle.stdout);
    assert.deepEqual(await heddle.stop(), { code: 0, signal: null });
  });

  test('is asked by heddle fetch, and known to heddle check', async () => {
    const cwd = temporaryFolder(PROGRAM);
    const asked = await runHeddle(['fetch', 'app.ts', '/a'], { cwd });
    assert.deepEqual([asked.code, asked.stdout], [0, '/a true'], asked.stderr);
    const { code, stdout } = await runHeddle(['check', 'app.ts', '--max-connections', '10'], { cwd });
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^ok {7}handler {2}serve\(\)$/m);
    assert.match(stdout, /^ok {7}options {2}port 7878, threads 2, idleGraceMs 0/m);
  });
});

/** Starts it on two threads; it must fail with one line. */
async function failure(app: string): Promise<string> {
  const folder = temporaryFolder({ 'app.ts': app });
  const { code, stdout, stderr } = await runHeddle([`${folder}/app.ts`, '--port', '0', '-t', '2']);
  assert.equal(code, 1, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, /^heddle: [^\n]+\n$/);
  return stderr.replaceAll(`${folder}/`, '');
}

describe('a module that listens by itself is refused before a second thread finds the port taken:', () => {
  const cases: readonly (readonly [what: string, source: string])[] = [
    ['a server alone', 'createServer().listen(PORT);'],
    ['a server beside a handler', 'createServer().listen(PORT); export default () => new Response();'],
    [
      'one that throws where the port is taken',
      `createServer().on('error', (e) => { throw e; }).listen(PORT);`,
    ],
    ['one that is waited for', 'createServer().listen(PORT); await new Promise(() => undefined);'],
  ];
  for (const [what, source] of cases)
    test(what, async () => {
      const line = await failure(
        `import { createServer } from 'node:http';\n\n${source.replace('PORT', await freePort())}`,
      );
      assert.match(line, /^heddle: app\.ts:3 listens on port \d+ by itself, .* export default app/);
    });
});

test('two handlers are one line, with both', async () => {
  const line = await failure(
    `import { serve } from '${SERVE}';\nawait serve({ fetch: () => new Response() });\nexport default () => new Response();`,
  );
  assert.match(line, /two handlers: the default function in app\.ts:3 and serve\(\) in app\.ts:2\. Keep/);
});

test('a port for another purpose is warned of once, and by heddle check', async () => {
  const app = `import { createServer } from 'node:http';
    createServer().on('error', () => undefined).listen(${await freePort()});
    export default () => new Response();`;
  const cwd = temporaryFolder({ 'app.ts': app });
  await using heddle = await spawnHeddle(['app.ts', '-t', '2'], { cwd });
  await heddle.stop();
  assert.equal(heddle.stderr.match(/warning server-0 .*app\.ts:2 listens on port/g)?.length, 1);
  const { code, stdout } = await runHeddle(['check', 'app.ts', '--max-connections', '10'], { cwd });
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^warning {2}app {6}.*app\.ts:2 listens on port/m);
});

async function freePort(): Promise<string> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}
