import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { type ProcessTraits, weighExternalMemory } from '#threads/external-memory.ts';

function asked(threadMemoryMb: number, traits: Partial<ProcessTraits> = {}): string[] {
  const set: string[] = [];
  const isSet = weighExternalMemory(threadMemoryMb, {
    v8: '14.6.202.34-node.34',
    execArgv: [],
    nodeOptions: undefined,
    setFlag: (flag) => set.push(flag),
    ...traits,
  });
  assert.equal(isSet, set.length > 0);
  return set;
}

test('external memory is weighed against the limit of the whole heap, in a V8 that was tried', () => {
  const flag = ['--external-memory-accounted-in-global-limit'];
  assert.deepEqual(asked(0), flag);
  assert.deepEqual(asked(0, { nodeOptions: '--no-warnings' }), flag);
  for (const v8 of ['13.6.233.17-node.53', '15.0.1', '14.6', '']) assert.deepEqual(asked(0, { v8 }), []);
});

test('it is left as it is where heaps are limited, or where somebody has decided', () => {
  assert.deepEqual(asked(64), []);
  assert.deepEqual(asked(0, { execArgv: ['--max-old-space-size=100'] }), []);
  assert.deepEqual(asked(0, { nodeOptions: '--max-old-space-size=100' }), []);
  for (const flag of [
    '--external-memory-accounted-in-global-limit',
    '--no-external-memory-accounted-in-global-limit',
    '--no_external_memory_accounted_in_global_limit',
  ]) {
    assert.deepEqual(asked(0, { execArgv: [flag] }), []);
    assert.deepEqual(asked(0, { nodeOptions: `--no-warnings ${flag}` }), []);
  }
});

test('this V8 knows the flag that it would be given', () => {
  if (!asked(0, { v8: process.versions.v8 }).length) return;
  const all = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  assert.match(all, /^ +--external-memory-accounted-in-global-limit /m);
});
