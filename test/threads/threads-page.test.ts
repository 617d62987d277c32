import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { THREAD_PHASES } from '#threads/thread-phases.ts';

const PAGE = readFileSync(new URL('../../docs/threads.md', import.meta.url), 'utf8');

test('docs/threads.md says of each phase what may follow it', () => {
  const told = Object.fromEntries(
    [...PAGE.matchAll(/^\| `([a-z]+)` +\|[^|]*\|([^|]*)\|/gm)].map(([, phase, next = '']) => [
      phase,
      next.trim() === '' ? [] : next.trim().split(', '),
    ]),
  );
  const rules = Object.entries(THREAD_PHASES).map(([phase, { next }]) => [phase, next]);
  assert.deepEqual(told, Object.fromEntries(rules));
});
