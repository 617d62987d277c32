import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { errorReply } from '#exchange/error-reply.ts';
import { BodyError } from '#exchange/incoming-request.ts';
import { isFileBody } from '#exchange/reply.ts';

suite('the bare answer for a status', () => {
  test('is its reason phrase as text, and nothing else (RFC9110§15.6.1)', () => {
    assert.deepEqual(errorReply(500), {
      status: 500,
      fields: ['content-type', 'text/plain;charset=UTF-8'],
      body: '500 Internal Server Error\n',
    });
  });

  test('carries further fields behind its own (RFC9110§15.5.6)', () => {
    assert.deepEqual(errorReply(405, ['allow', 'GET']).fields, [
      ...['content-type', 'text/plain;charset=UTF-8', 'allow', 'GET'],
    ]);
  });

  test('of one call is not changed by another', () => {
    const first = errorReply(404);
    errorReply(503, ['retry-after', '1']);
    assert.equal(first.fields.length, 2);
  });
});

suite('a file to send', () => {
  test('is told from every other kind of content', async () => {
    assert.equal(isFileBody({ fd: 3, start: 0, end: 1, release() {} }), true);
    assert.equal(isFileBody({ fd: 0, start: 0, end: 0, release() {} }), true);
    async function* nothing(): AsyncGenerator<Uint8Array> {}
    for (const body of [undefined, '', 'fd', new Uint8Array(1), Buffer.from('x'), nothing()]) {
      assert.equal(isFileBody(body), false);
    }
  });
});

suite('an error about a body', () => {
  test('has a stable code, a message and a cause', () => {
    const cause = new Error('reset');
    const error = new BodyError('body-incomplete', 'The peer left after 3 of 5 bytes.', { cause });
    assert.ok(error instanceof Error);
    assert.deepEqual(
      [error.name, error.code, error.message, error.cause],
      ['BodyError', 'body-incomplete', 'The peer left after 3 of 5 bytes.', cause],
    );
  });
});
