import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { HeddleError } from '#observe/heddle-error.ts';
import { createStaticHandler } from '#static/static-handler.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

suite('a folder that cannot be served', () => {
  const folder = temporaryFolder({ file: '' });
  const roots: Record<string, string> = {
    'a relative path': 'public',
    'no path': '',
    'a missing folder': join(folder, 'missing'),
    'a file': join(folder, 'file'),
    'something below a file': join(folder, 'file/x'),
  };
  for (const [what, root] of Object.entries(roots)) {
    test(`${what} is refused before the first request, with its name`, () => {
      assert.throws(
        () => createStaticHandler({ root, notFoundPage: true }),
        (error) =>
          error instanceof HeddleError &&
          error.code === 'ERR_HEDDLE_STATIC_ROOT' &&
          error.message.includes(`"${root}"`),
      );
    });
  }
});
