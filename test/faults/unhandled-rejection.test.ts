import { test } from 'node:test';
import { assertDeathsCostNobodyElse } from './deaths-under-load.ts';

test('threads that die by unhandled rejections cost no request but those on their own connections', async () => {
  await assertDeathsCostNobodyElse(
    '/reject',
    /error main server-\d died \(error\); a new thread takes its place\n/,
  );
});
