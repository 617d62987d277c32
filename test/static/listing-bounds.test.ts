import assert from 'node:assert/strict';
import type { Dirent } from 'node:fs';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { FirstInOrder } from '#static/first-in-order.ts';
import { MOST_ENTRIES, readFolder } from '#static/folder-entries.ts';
import { sizeText } from '#static/listing-page.ts';
import { FileOpener } from '#static/open-file.ts';
import { inSlices } from '#static/time-slices.ts';
import { folderListed } from '../support/static-answers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

suite('the first in order', () => {
  const byValue = (a: readonly [number, string], b: readonly [number, string]): number => a[0] - b[0];

  test('are those that a sort would put first; equal ones stay as they came', () => {
    for (const length of [0, 1, 5, 6, 100]) {
      const all = Array.from({ length }, (_, at) => [(at * 7) % 11, `${at}`] as const);
      const first = new FirstInOrder(5, byValue);
      for (const item of all) first.add(item);
      assert.deepEqual(first.items, all.toSorted(byValue).slice(0, 5), `of ${length}`);
      assert.equal(first.omitted, Math.max(0, length - 5));
    }
  });
});

suite('a folder of many files', () => {
  test('is listed up to 10,000, those that come first, and says how many more there are', async () => {
    const root = temporaryFolder();
    for (let at = 0; at < MOST_ENTRIES + 50; at += 1) closeSync(openSync(join(root, `f${at}`), 'w'));
    mkdirSync(join(root, 'zz-folder'));
    const ask = folderListed(root);
    const { entries, omitted, complete } = JSON.parse(
      (await ask({ path: '/', fields: { accept: 'application/json' } }))?.text ?? '',
    );
    assert.deepEqual([entries.length, omitted, complete], [MOST_ENTRIES, 51, true]);
    assert.deepEqual([entries[0].name, entries[1].name, entries.at(-1).name], ['zz-folder', 'f0', 'f9998']);
    assert.ok((await ask('/'))?.text?.includes('1 folder, 9,999 files, and 51 more that are not shown'));
  });

  test('is read up to 200,000 names, and says that there are more', async () => {
    let read = 0;
    const endless = {
      next(): Dirent {
        read += 1;
        return { name: `f${1_000_000 + read}`, isDirectory: () => false } as Dirent;
      },
      look: () => ({ isFolder: false, size: 0, modifiedMs: 0 }),
    };
    const opener = new FileOpener(temporaryFolder());
    const { entries, omitted, isComplete } = await inSlices(readFolder(opener, endless, ''));
    assert.deepEqual([entries.length, omitted, isComplete], [MOST_ENTRIES, 190_000, false]);
    assert.equal(read, 200_001);
  });
});

suite('work in slices', () => {
  test('lets others have their turn, and gives what the work returns', async () => {
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns += 1;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    const work = function* (): Generator<void, string> {
      for (let step = 0; step < 30; step += 1) {
        for (const end = performance.now() + 1; performance.now() < end; );
        yield;
      }
      return 'done';
    };
    assert.equal(await inSlices(work()), 'done');
    isDone = true;
    assert.ok(turns >= 9, `${turns} turns in 30 ms`);
  });

  test('rejects with what the work throws', async () => {
    // biome-ignore lint/correctness/useYield: it fails in its first step.
    const work = function* (): Generator<void, void> {
      throw new Error('at work');
    };
    await assert.rejects(inSlices(work()), /at work/);
  });
});

test('sizes have three digits', () => {
  const sizes: [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [9_994, '9.99 kB'],
    [9_995, '10.0 kB'],
    [99_950, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [1_500_000_000, '1.50 GB'],
    [Number.MAX_SAFE_INTEGER, '9.01 PB'],
  ];
  for (const [bytes, text] of sizes) assert.equal(sizeText(bytes), text, `${bytes}`);
});
