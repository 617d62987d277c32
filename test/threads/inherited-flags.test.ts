import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { PROJECT_ROOT } from '../support/spawn-heddle.ts';

test('a program given as text can start threads', () => {
  const program = `
    import { ThreadPool } from '${pathToFileURL(`${PROJECT_ROOT}src/index.ts`).href}';
    await using pool = new ThreadPool(1);
    console.log(await pool.execute((a, b) => a + b, [2, 3]));`;
  for (const flags of [['--input-type=module'], ['--input-type', 'module']]) {
    const printed = execFileSync(process.execPath, [...flags, '--eval', program], { encoding: 'utf8' });
    assert.equal(printed, '5\n');
  }
});
