import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { objectLayer } from '#server/server-config.ts';
import { SupervisedServer } from '#server/supervised-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

test('of a generation that has ended nothing is kept', { timeout: 60_000 }, async ({ signal }) => {
  const path = `${temporaryFolder()}/app.mjs`;
  writeFileSync(path, "export default { fetch: () => new Response('x') };");
  const server = new SupervisedServer({
    ...{
      app: pathToFileURL(path),
      staticRoot: undefined,
      tasks: undefined,
      virtualHosts: () => [],
      flags: [],
      below: [],
      inherited: { descriptors: [], oneEach: false },
    },
    above: [objectLayer({ port: 0, threads: 1, idleGraceMs: 0 }, 'the test')],
    log: { write: () => undefined },
  });
  await server.start();
  const first = new WeakRef(server.settled.cover);
  await server.reload('the test');
  const second = new WeakRef(server.settled.cover);
  await server.reload('the test');
  // What is kept is so for ever: then the test ends at its deadline.
  while (!signal.aborted && (first.deref() !== undefined || second.deref() !== undefined)) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
  await server.close(0);
});
