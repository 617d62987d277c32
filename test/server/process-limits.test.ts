import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FileSource } from '#server/cgroup.ts';
import { descriptorLimit, memoryLimit } from '#server/process-limits.ts';

const MIB = 1_048_576;

function filesOf(files: Readonly<Record<string, string>>): FileSource {
  return { readFile: (path) => files[path] };
}

describe('the memory that a process may have', () => {
  test('is that of the machine without a cgroup, or where none limits', () => {
    const none = filesOf({
      '/proc/self/cgroup': '0::/app\n',
      '/proc/self/mountinfo': '30 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
      '/sys/fs/cgroup/app/memory.max': 'max\n',
    });
    for (const source of [filesOf({}), none])
      assert.deepEqual(memoryLimit(source, 8 * MIB), { bytes: 8 * MIB, isCgroup: false });
  });

  test('is the smallest limit of the cgroups above it, version 2', () => {
    const source = filesOf({
      '/proc/self/cgroup': '0::/pod/app\n',
      '/proc/self/mountinfo': '30 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n',
      '/sys/fs/cgroup/pod/app/memory.max': 'max\n',
      '/sys/fs/cgroup/pod/memory.max': `${4 * MIB}\n`,
    });
    assert.deepEqual(memoryLimit(source, 8 * MIB), { bytes: 4 * MIB, isCgroup: true });
  });

  test('is the limit of version 1, whose no limit is a number beyond all memory', () => {
    const source = (limit: string): FileSource =>
      filesOf({
        '/proc/self/cgroup': '4:memory:/app\n1:cpu:/app\n',
        '/proc/self/mountinfo': '35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n',
        '/sys/fs/cgroup/memory/app/memory.limit_in_bytes': limit,
      });
    assert.equal(memoryLimit(source(`${2 * MIB}\n`), 8 * MIB).bytes, 2 * MIB);
    assert.equal(memoryLimit(source('9223372036854771712\n'), 8 * MIB).isCgroup, false);
  });
});

test('the descriptors that a process may have open are read from /proc', () => {
  const limits = (line: string): FileSource =>
    filesOf({ '/proc/self/limits': `Limit  Soft Limit  Hard Limit  Units\n${line}\n` });
  assert.deepEqual(descriptorLimit(limits('Max open files            1024                 524288 files')), {
    soft: 1024,
    hard: 524_288,
  });
  assert.equal(descriptorLimit(limits('Max open files   unlimited   unlimited   files'))?.soft, Infinity);
  assert.equal(descriptorLimit(filesOf({})), undefined);
});
