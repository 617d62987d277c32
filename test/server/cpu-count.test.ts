import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { type CpuSource, usableCpus } from '#server/cpu-count.ts';

const V2_MOUNT = '30 23 0:28 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate\n';
const V1_MOUNTS =
  '33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n' +
  '34 31 0:31 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n';

function machine(cores: number, files: Readonly<Record<string, string>>, parallelism = cores): CpuSource {
  const status = {
    '/proc/self/status': `Name:\tnode\nCpus_allowed_list:\t0-${cores - 1}\nMems_allowed:\t1\n`,
  };
  const all: Readonly<Record<string, string>> = { ...status, ...files };
  return { readFile: (path) => all[path], availableParallelism: () => parallelism };
}

test('without any cgroup the cores count', () => {
  assert.deepEqual(usableCpus(machine(16, {})), { count: 16, reason: '16 cores' });
  assert.deepEqual(usableCpus(machine(1, {})), { count: 1, reason: '1 core' });
});

test('without /proc the count of Node holds', () => {
  const source = { readFile: () => undefined, availableParallelism: () => 8 };
  assert.deepEqual(usableCpus(source), { count: 8, reason: '8 cores' });
});

test('the list of allowed CPUs may have gaps', () => {
  const source = machine(16, { '/proc/self/status': 'Cpus_allowed_list:\t0-2,5,8-9\n' });
  assert.deepEqual(usableCpus(source), { count: 6, reason: '6 cores' });
});

test('the quota of cgroup v2 limits', () => {
  const source = machine(16, {
    '/proc/self/cgroup': '0::/app\n',
    '/proc/self/mountinfo': V2_MOUNT,
    '/sys/fs/cgroup/app/cpu.max': '200000 100000\n',
  });
  assert.deepEqual(usableCpus(source), { count: 2, reason: 'cgroup limit 2.0 of 16 cores' });
});

test('a quota is named also where Node has counted it already', () => {
  const files = {
    '/proc/self/cgroup': '0::/app\n',
    '/proc/self/mountinfo': V2_MOUNT,
    '/sys/fs/cgroup/app/cpu.max': '200000 100000\n',
  };
  assert.equal(usableCpus(machine(16, files, 2)).reason, 'cgroup limit 2.0 of 16 cores');
});

test('the smallest quota of all cgroups above limits', () => {
  const files = (own: string, middle: string, top: string): Record<string, string> => ({
    '/proc/self/cgroup': '0::/kube/pod/app\n',
    '/proc/self/mountinfo': V2_MOUNT,
    '/sys/fs/cgroup/kube/pod/app/cpu.max': own,
    '/sys/fs/cgroup/kube/pod/cpu.max': middle,
    '/sys/fs/cgroup/kube/cpu.max': top,
  });
  assert.equal(usableCpus(machine(16, files('400000 100000', 'max 100000', '300000 100000'))).count, 3);
  assert.equal(usableCpus(machine(16, files('max 100000', '500000 100000', 'max 100000'))).count, 5);
  assert.equal(usableCpus(machine(16, files('100000 100000', 'max 100000', 'max 100000'))).count, 1);
});

test('`max` is no limit', () => {
  const source = machine(4, {
    '/proc/self/cgroup': '0::/app\n',
    '/proc/self/mountinfo': V2_MOUNT,
    '/sys/fs/cgroup/app/cpu.max': 'max 100000\n',
  });
  assert.deepEqual(usableCpus(source), { count: 4, reason: '4 cores' });
});

test('a quota is rounded down, but never below one', () => {
  const withQuota = (quota: string): CpuSource =>
    machine(16, {
      '/proc/self/cgroup': '0::/\n',
      '/proc/self/mountinfo': V2_MOUNT,
      '/sys/fs/cgroup/cpu.max': quota,
    });
  assert.deepEqual(usableCpus(withQuota('250000 100000')), {
    count: 2,
    reason: 'cgroup limit 2.5 of 16 cores',
  });
  assert.deepEqual(usableCpus(withQuota('50000 100000')), {
    count: 1,
    reason: 'cgroup limit 0.5 of 16 cores',
  });
  assert.deepEqual(usableCpus(withQuota('199000 100000')), {
    count: 1,
    reason: 'cgroup limit 1.99 of 16 cores',
  });
});

test('a quota larger than the machine is not named', () => {
  const source = machine(2, {
    '/proc/self/cgroup': '0::/\n',
    '/proc/self/mountinfo': V2_MOUNT,
    '/sys/fs/cgroup/cpu.max': '800000 100000',
  });
  assert.deepEqual(usableCpus(source), { count: 2, reason: '2 cores' });
});

test('the quota of cgroup v1 limits, on every level', () => {
  const source = machine(16, {
    '/proc/self/cgroup': '12:cpuset:/other\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/x:y\n',
    '/proc/self/mountinfo': V1_MOUNTS,
    '/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us': '-1\n',
    '/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us': '100000\n',
    '/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_quota_us': '150000\n',
    '/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_period_us': '50000\n',
  });
  assert.deepEqual(usableCpus(source), { count: 3, reason: 'cgroup limit 3.0 of 16 cores' });
});

test('on a hybrid system the smaller limit of v1 and v2 holds', () => {
  const files = (v1: string, v2: string): Record<string, string> => ({
    '/proc/self/cgroup': '4:cpu,cpuacct:/app\n0::/app\n',
    '/proc/self/mountinfo': `${V1_MOUNTS}35 31 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n`,
    '/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us': v1,
    '/sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us': '100000',
    '/sys/fs/cgroup/unified/app/cpu.max': v2,
  });
  assert.equal(usableCpus(machine(16, files('400000', '700000 100000'))).count, 4);
  assert.equal(usableCpus(machine(16, files('-1', '700000 100000'))).count, 7);
});

test('a container that sees the paths of its host finds its limit at the mount point', () => {
  const source = machine(16, {
    '/proc/self/cgroup': '0::/docker/abc/worker\n',
    '/proc/self/mountinfo': V2_MOUNT.replace(' / /sys', ' /docker/abc /sys'),
    '/sys/fs/cgroup/cpu.max': '600000 100000',
    '/sys/fs/cgroup/worker/cpu.max': 'max 100000',
  });
  assert.equal(usableCpus(source).count, 6);
});

test('a cgroup outside of what is mounted is limited by what is', () => {
  for (const path of ['/../../host', '/elsewhere']) {
    const source = machine(16, {
      '/proc/self/cgroup': `0::${path}\n`,
      '/proc/self/mountinfo': V2_MOUNT.replace(' / /sys', ' /docker/abc /sys'),
      '/sys/fs/cgroup/cpu.max': '600000 100000',
    });
    assert.equal(usableCpus(source).count, 6, path);
  }
});

test('files that hold something else are no limit', () => {
  const source = machine(4, {
    '/proc/self/cgroup': 'nonsense\n0::/app\n',
    '/sys/fs/cgroup/app/cpu.max': 'lots',
    '/sys/fs/cgroup/cpu.max': '0 0',
  });
  assert.deepEqual(usableCpus(source), { count: 4, reason: '4 cores' });
});

test('this machine has at least one CPU and no more than Node counts', () => {
  const { count } = usableCpus();
  assert.ok(Number.isInteger(count) && count >= 1 && count <= availableParallelism(), String(count));
});
