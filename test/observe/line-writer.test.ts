import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { suite, test } from 'node:test';
import { openLineFile } from '#observe/line-file.ts';
import { LineWriter } from '#observe/line-writer.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Written {
  readonly writer: LineWriter;
  readonly entries: string[];
}

function writerTo(path: string, ringBytes = 65_536): Written {
  const entries: string[] = [];
  const log = { write: (severity: string, message: string) => void entries.push(`${severity} ${message}`) };
  return { writer: new LineWriter(openLineFile(path), { what: 'access log', ringBytes, log }), entries };
}

/** What stands in a pipe just now. */
function readAll(fd: number): string {
  const part = Buffer.alloc(65_536);
  let text = '';
  for (;;) {
    try {
      const count = readSync(fd, part);
      if (count === 0) return text;
      text += part.toString('latin1', 0, count);
    } catch {
      return text;
    }
  }
}

suite('a writer of lines', () => {
  test('adds the lines of all rings to a file, those of a thread that has ended too', async () => {
    const path = `${temporaryFolder({ log: 'before\n' })}/log`;
    const { writer, entries } = writerTo(path);
    const rings = [writer.join(), writer.join()];
    for (let n = 0; n < 1000; n += 1) for (const [at, ring] of rings.entries()) ring.add(`${at} ${n}\n`);
    writer.leave(rings[0]!);
    await writer.close();
    const lines = readFileSync(path, 'utf8').split('\n');
    for (const at of ['0', '1'])
      assert.deepEqual(
        lines.filter((line) => line.startsWith(`${at} `)),
        Array.from({ length: 1000 }, (_, n) => `${at} ${n}`),
      );
    assert.equal(lines[0], 'before');
    assert.deepEqual(entries, []);
  });

  test('writes by itself, without anybody who ends it', async () => {
    const path = `${temporaryFolder({})}/log`;
    const { writer } = writerTo(path);
    writer.join().add('one\n');
    while (readFileSync(path, 'utf8') !== 'one\n') await new Promise((resolve) => setImmediate(resolve));
    await writer.close();
  });

  test('opens a path anew: what was written goes on in the file of that name, and no line is in both', async () => {
    const path = `${temporaryFolder({})}/log`;
    const { writer } = writerTo(path);
    const ring = writer.join();
    for (let round = 0; round < 5; round += 1) {
      for (let n = 0; n < 100; n += 1) ring.add(`${round} ${n}\n`);
      renameSync(path, `${path}.${round}`);
      await writer.reopen();
    }
    await writer.close();
    const texts = [0, 1, 2, 3, 4].map((round) => readFileSync(`${path}.${round}`, 'utf8'));
    const lines = [...texts, readFileSync(path, 'utf8')].join('').trimEnd().split('\n');
    assert.equal(lines.length, 500);
    assert.equal(new Set(lines).size, 500);
    for (const text of texts) assert.match(text, /^$|\n$/);
  });

  test('opens a path anew though nothing can be written to the file before', async () => {
    const path = `${temporaryFolder({})}/log`;
    symlinkSync('/dev/full', path);
    const { writer, entries } = writerTo(path);
    writer.join().add('one\n');
    while (entries.length === 0) await new Promise((resolve) => setImmediate(resolve));
    unlinkSync(path);
    await writer.reopen();
    await writer.close();
    assert.equal(readFileSync(path, 'utf8'), 'one\n');
    assert.match(entries[0]!, /cannot be written, and is tried every second: ENOSPC/);
    assert.equal(entries[1], 'info the access log is written again');
  });

  test('stays with the file before where the path cannot be opened, and says so', async () => {
    const folder = temporaryFolder({ 'a/b': '' });
    const { writer, entries } = writerTo(`${folder}/a/log`);
    renameSync(`${folder}/a`, `${folder}/c`);
    await assert.rejects(writer.reopen(), { code: 'ENOENT' });
    writer.join().add('x\n');
    await writer.close();
    assert.equal(readFileSync(`${folder}/c/log`, 'utf8'), 'x\n');
    assert.match(entries[0]!, /^error the access log \(.*\/a\/log\) cannot be opened anew, .*: ENOENT/);
  });

  test('drops what finds no room while nobody reads, whole lines, and says how many', async () => {
    const path = `${temporaryFolder({})}/pipe`;
    execFileSync('mkfifo', [path]);
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { writer, entries } = writerTo(path, 1_048_576);
    const ring = writer.join();
    const line = `${'x'.repeat(99)}\n`;
    const COUNT = 20_000;
    for (let n = 0; n < COUNT; n += 1) ring.add(line);
    let read = '';
    const closed = writer.close().then(() => true);
    const turn = (): Promise<false> => new Promise((resolve) => setImmediate(() => resolve(false)));
    while (!(await Promise.race([closed, turn()]))) read += readAll(fd);
    read += readAll(fd);
    closeSync(fd);
    const lines = read.split('\n').slice(0, -1);
    assert.ok(lines.every((one) => `${one}\n` === line));
    const [, dropped] = /too slowly: (\d+) were dropped$/.exec(entries.at(-1)!)!;
    assert.equal(lines.length + Number(dropped), COUNT);
    assert.ok(lines.length >= 10_000, `${lines.length}`);
  });

  test('ends though nobody reads, and counts what is lost', async () => {
    const path = `${temporaryFolder({})}/pipe`;
    execFileSync('mkfifo', [path]);
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { writer, entries } = writerTo(path, 1_048_576);
    const ring = writer.join();
    for (let n = 0; n < 2000; n += 1) ring.add(`${'x'.repeat(99)}\n`);
    await writer.close();
    const lines = readAll(fd).split('\n').length - 1;
    closeSync(fd);
    const [, dropped] = /too slowly: (\d+) were dropped$/.exec(entries.at(-1)!)!;
    assert.equal(lines + Number(dropped), 2000);
  });

  test('is refused a pipe that nobody reads, and a folder', () => {
    const folder = temporaryFolder({});
    execFileSync('mkfifo', [`${folder}/pipe`]);
    assert.throws(() => openLineFile(`${folder}/pipe`), { code: 'ENXIO' });
    assert.throws(() => openLineFile(folder), { code: 'EISDIR' });
  });
});
