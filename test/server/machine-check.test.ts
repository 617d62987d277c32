import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkMachine, type Finding, type Machine } from '#server/machine-check.ts';
import { settleConfig } from '#server/server-config.ts';

const MIB = 1_048_576;
const MACHINE: Machine = {
  cpus: { count: 2, reason: '2 cores' },
  memory: { bytes: 4096 * MIB, isCgroup: false },
  descriptors: { soft: 1_048_576, hard: 1_048_576 },
};

function findings(values: object, machine: Partial<Machine> = {}, heapMb = 2096): Finding[] {
  const { settings } = settleConfig([{ origin: (name) => name, values }]);
  return checkMachine(settings, heapMb * MIB, { ...MACHINE, ...machine });
}

function markOf(subject: string, found: readonly Finding[]): string | undefined {
  return found.find((finding) => finding.subject === subject)?.mark;
}

function textOf(subject: string, found: readonly Finding[]): string {
  return found.find((finding) => finding.subject === subject)?.text ?? '';
}

test('a machine that is large enough is no cause for a word', () => {
  const found = findings({});
  assert.deepEqual(
    found.map(({ mark }) => mark),
    ['ok', 'ok', 'ok'],
  );
  assert.equal(textOf('cpus', found), '2 cores; auto: 2 server threads');
  assert.equal(
    textOf('memory', found),
    '4096 MiB (of the machine); 2 server threads with a heap of up to 2096 MiB each',
  );
});

test('more threads than CPUs are a warning', () => {
  assert.equal(markOf('cpus', findings({ threads: 2 })), 'ok');
  assert.match(textOf('cpus', findings({ threads: 3 })), /3 server threads, which take turns/);
});

test('heaps that are larger together than a cgroup allows are a warning with a size that fits', () => {
  const memory = { bytes: 1024 * MIB, isCgroup: true };
  const found = findings({}, { memory }, 560);
  assert.equal(markOf('memory', found), 'warning');
  assert.match(textOf('memory', found), /1024 MiB \(cgroup limit\).*Give --thread-memory 358\b/);
  assert.equal(markOf('memory', findings({}, { memory }, 500)), 'ok');
});

test('connections for which there are not enough descriptors are a warning with a number that fits', () => {
  const descriptors = { soft: 20_000, hard: 20_000 };
  const text = textOf('files', findings({}, { descriptors }));
  const most = Number(/--max-connections (\d+)/.exec(text)?.[1]);
  assert.ok(most > 9_000 && most < 10_000, text);
  assert.equal(markOf('files', findings({ maxConnections: most }, { descriptors })), 'ok');
  assert.equal(markOf('files', findings({ maxConnections: most + 1 }, { descriptors })), 'warning');
  assert.equal(markOf('files', findings({}, { descriptors: { soft: 64, hard: 64 } })), 'problem');
  assert.match(
    textOf('files', findings({}, { descriptors: { soft: 64, hard: 128 } })),
    /64 may be open, 128 at most/,
  );
});

test('where the system tells no limit of descriptors, that is said', () => {
  assert.match(textOf('files', findings({}, { descriptors: undefined })), /tells no limit/);
});
