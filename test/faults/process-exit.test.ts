import { test } from 'node:test';
import { assertDeathsCostNobodyElse } from './deaths-under-load.ts';

test('threads that die by process.exit() cost no request but those on their own connections', async () => {
  await assertDeathsCostNobodyElse(
    '/exit',
    /error main server-\d died \(exit\); a new thread takes its place\n/,
  );
});
