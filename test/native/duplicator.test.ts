import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { loadDescriptorCalls } from '#native/descriptor-calls.ts';
import type { Duplicator } from '#native/duplicator.ts';
import { EchoDuplicator } from '#native/echo-duplicator.ts';
import { HeldSocket } from '#native/held-socket.ts';
import { closeDescriptor } from '#native/lease.ts';
import { openDuplicator } from '#native/open-duplicator.ts';

const run = promisify(execFile);
const calls = loadDescriptorCalls();
const BACKENDS = (['ffi', 'helper'] as const).filter((name) => name !== 'ffi' || calls);

function bind(context: TestContext): HeldSocket {
  const socket = new HeldSocket({ host: '127.0.0.1', port: 0, reusePort: true });
  context.after(() => socket.close());
  return socket;
}

async function open(context: TestContext, backend: 'ffi' | 'helper'): Promise<Duplicator> {
  const duplicator = await openDuplicator(backend);
  assert.ok(duplicator);
  context.after(() => duplicator.close());
  return duplicator;
}

function echo(context: TestContext): EchoDuplicator {
  const duplicator = new EchoDuplicator();
  context.after(() => duplicator.close());
  return duplicator;
}

/** Runs a program that has heddle's own modules, in another process. */
function runProgram(source: string, shell?: string): Promise<{ stdout: string; stderr: string }> {
  const program = ['--input-type=module', '-e', source];
  const options = { cwd: import.meta.dirname, timeout: 20_000 };
  if (shell === undefined) return run(process.execPath, program, options);
  return run('sh', ['-c', `${shell}; exec "$0" "$@"`, process.execPath, ...program], options);
}

/** Resolves when a process is gone, or a zombie that its new parent has yet to collect. */
async function processGone(pid: number): Promise<void> {
  while (spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.match(/^[^Z]/)) {
    await new Promise(setImmediate);
  }
}

for (const backend of BACKENDS) {
  test(`${backend}: a duplicate is another descriptor of the same socket`, async (context) => {
    const [duplicator, socket] = [await open(context, backend), bind(context)];
    const copies = await Promise.all([1, 2, 3].map(() => duplicator.duplicate(socket)));
    assert.equal(new Set([socket.fd, ...copies]).size, 4);
    for (const copy of copies) {
      assert.equal(readlinkSync(`/proc/self/fd/${copy}`), readlinkSync(`/proc/self/fd/${socket.fd}`));
      closeDescriptor(copy);
    }
  });

  test(`${backend}: programs that are started inherit neither the socket nor its duplicate`, async (context) => {
    const [duplicator, socket] = [await open(context, backend), bind(context)];
    const copy = await duplicator.duplicate(socket);
    const name = readlinkSync(`/proc/self/fd/${copy}`);
    const { stdout } = spawnSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' });
    assert.match(stdout, / 0 -> /);
    assert.equal(stdout.includes(name), false);
    closeDescriptor(copy);
  });

  test(`${backend}: an open duplicator does not keep the process alive, and says nothing`, async () => {
    const { stdout, stderr } = await runProgram(`
      import { openDuplicator } from '#native/open-duplicator.ts';
      console.log((await openDuplicator('${backend}')).backend);`);
    assert.deepEqual({ stdout, stderr }, { stdout: `${backend}\n`, stderr: '' });
  });

  test(`${backend}: too few descriptors are an EMFILE`, async () => {
    const { stdout } = await runProgram(
      `
      import { openDuplicator } from '#native/open-duplicator.ts';
      import { HeldSocket } from '#native/held-socket.ts';
      const duplicator = await openDuplicator('${backend}');
      const socket = new HeldSocket({ host: '127.0.0.1', port: 0, reusePort: false });
      try { for (;;) await duplicator.duplicate(socket); } catch (error) { console.log(error.code); }
      duplicator.close();`,
      'ulimit -n 64',
    );
    assert.equal(stdout, 'EMFILE\n');
  });
}

test('ffi: a closed descriptor is an EBADF', { skip: calls === undefined }, (context) => {
  const socket = bind(context);
  const copy = calls!.duplicate(socket.fd);
  closeDescriptor(copy);
  assert.throws(() => calls!.duplicate(copy), { code: 'EBADF' });
});

test('ffi: warnings of others are still printed', { skip: calls === undefined }, async () => {
  const { stderr } = await runProgram(`
    import { loadDescriptorCalls } from '#native/descriptor-calls.ts';
    loadDescriptorCalls();
    process.emitWarning('something else', 'ExperimentalWarning');`);
  assert.match(stderr, /ExperimentalWarning: something else/);
  assert.doesNotMatch(stderr, /FFI/);
});

test('without permissions there is no back end, and no error', async () => {
  const { stdout } = await run(
    process.execPath,
    [
      '--permission',
      '--allow-fs-read=*',
      '--input-type=module',
      '-e',
      `import { openDuplicator } from '#native/open-duplicator.ts';
       for (const backend of ['ffi', 'helper']) console.log(await openDuplicator(backend));`,
    ],
    { cwd: import.meta.dirname },
  );
  assert.equal(stdout, 'undefined\nundefined\n');
});

test('helper: a child that was killed is replaced at the next question', async (context) => {
  const [duplicator, socket] = [echo(context), bind(context)];
  closeDescriptor(await duplicator.duplicate(socket));
  const first = duplicator.pid;
  assert.ok(first);
  process.kill(first, 'SIGKILL');
  await processGone(first);
  const copy = await duplicator.duplicate(socket);
  assert.equal(socket.owns(copy), true);
  assert.notEqual(duplicator.pid, first);
  closeDescriptor(copy);
});

test('helper: questions that are open when the child is killed are answered by the next', async (context) => {
  const [duplicator, socket] = [echo(context), bind(context)];
  const answers = Promise.all([1, 2, 3].map(() => duplicator.duplicate(socket)));
  const first = duplicator.pid;
  assert.ok(first);
  process.kill(first, 'SIGKILL');
  for (const copy of await answers) {
    assert.equal(socket.owns(copy), true);
    closeDescriptor(copy);
  }
  assert.notEqual(duplicator.pid, first);
});

test('helper: the child keeps no copy of a socket', async (context) => {
  const [duplicator, socket] = [echo(context), bind(context)];
  const name = readlinkSync(`/proc/self/fd/${socket.fd}`);
  for (let count = 0; count < 5; count++) closeDescriptor(await duplicator.duplicate(socket));
  // The last copy is closed a moment after it was sent, so the one under way is let go with the next question.
  const held = readdirSync(`/proc/${duplicator.pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${duplicator.pid}/fd/${fd}`) === name;
    } catch {
      return false;
    }
  });
  assert.ok(held.length <= 1, `${held.length} copies`);
});

test('helper: signals to the whole group do not end it', async (context) => {
  const [duplicator, socket] = [echo(context), bind(context)];
  closeDescriptor(await duplicator.duplicate(socket));
  const { pid } = duplicator;
  assert.ok(pid);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal);
  closeDescriptor(await duplicator.duplicate(socket));
  assert.equal(duplicator.pid, pid);
});

test('helper: it ends with its parent, even if that is killed', async () => {
  const { execPath } = process;
  const source = `
    import { EchoDuplicator } from '#native/echo-duplicator.ts';
    import { HeldSocket } from '#native/held-socket.ts';
    const duplicator = new EchoDuplicator();
    await duplicator.duplicate(new HeldSocket({ host: '127.0.0.1', port: 0, reusePort: false }));
    console.log(duplicator.pid);
    setInterval(() => {}, 1000);`;
  const parent = execFile(execPath, ['--input-type=module', '-e', source], { cwd: import.meta.dirname });
  const [line]: unknown[] = await once(parent.stdout!, 'data');
  parent.kill('SIGKILL');
  await processGone(Number(line));
});

test('helper: close rejects what is open', async (context) => {
  const [duplicator, socket] = [echo(context), bind(context)];
  const answer = duplicator.duplicate(socket);
  duplicator.close();
  await assert.rejects(answer, /closed/);
  assert.equal(duplicator.pid, undefined);
});

test('helper: a socket that was closed is refused at once', async (context) => {
  const [duplicator, socket] = [echo(context), bind(context)];
  socket.close();
  await assert.rejects(duplicator.duplicate(socket));
});
