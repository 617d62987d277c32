import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { firstAnswer } from '#exchange/first-answer.ts';
import type { Answer, Handler } from '#exchange/handler.ts';
import { fakeRequest } from '../support/fake-request.ts';

const request = fakeRequest();

function reply(status: number): Answer {
  return { status, fields: [], body: undefined };
}

/** A handler that gives this, and the list of who was asked. */
function asked(list: string[], name: string, gives: ReturnType<Handler>): Handler {
  return (given) => {
    assert.equal(given, request);
    list.push(name);
    return gives;
  };
}

const NOT_MINE = undefined;
const NOT_MINE_LATER = () => Promise.resolve(undefined);

suite('the first answer of several handlers', () => {
  test('is that of the first which has one; those behind it are not asked', () => {
    const list: string[] = [];
    const answer = reply(200);
    const handler = firstAnswer([
      asked(list, 'a', NOT_MINE),
      asked(list, 'b', answer),
      asked(list, 'c', reply(404)),
    ]);
    assert.equal(handler(request), answer);
    assert.deepEqual(list, ['a', 'b']);
  });

  test('is given in the same tick where all who are asked answer in it', () => {
    const answer = reply(200);
    assert.equal(firstAnswer([() => NOT_MINE, () => answer])(request), answer);
    assert.equal(firstAnswer([() => NOT_MINE, () => NOT_MINE])(request), undefined);
  });

  test('waits for a handler that needs time before the next is asked', async () => {
    const list: string[] = [];
    const answer = reply(200);
    const handler = firstAnswer([
      asked(list, 'a', NOT_MINE_LATER()),
      asked(list, 'b', answer),
      asked(list, 'c', reply(404)),
    ]);
    const answering = handler(request);
    assert.deepEqual(list, ['a']);
    assert.equal(await answering, answer);
    assert.deepEqual(list, ['a', 'b']);
  });

  test('may come late, and ends the asking too', async () => {
    const list: string[] = [];
    const answer = reply(200);
    const handler = firstAnswer([
      asked(list, 'a', NOT_MINE_LATER()),
      asked(list, 'b', NOT_MINE),
      asked(list, 'c', Promise.resolve(answer)),
      asked(list, 'd', reply(404)),
    ]);
    assert.equal(await handler(request), answer);
    assert.deepEqual(list, ['a', 'b', 'c']);
  });

  test('is undefined where nobody has one, at once or later', async () => {
    assert.equal(firstAnswer([])(request), undefined);
    assert.equal(firstAnswer([() => NOT_MINE])(request), undefined);
    assert.equal(await firstAnswer([NOT_MINE_LATER, () => NOT_MINE])(request), undefined);
    assert.equal(await firstAnswer([() => NOT_MINE, NOT_MINE_LATER])(request), undefined);
  });

  test('of one handler is that handler: nothing stands between', () => {
    const only: Handler = () => reply(200);
    assert.equal(firstAnswer([only]), only);
  });

  test('passes on what a handler throws or rejects with; the next is not asked', async () => {
    const fault = new Error('broken');
    const mustNotBeAsked: Handler = () => assert.fail('asked behind a fault');
    const throwing = firstAnswer([
      () => {
        throw fault;
      },
      mustNotBeAsked,
    ]);
    assert.throws(() => throwing(request), fault);
    const rejecting = firstAnswer([() => Promise.reject(fault), mustNotBeAsked]);
    await assert.rejects(async () => rejecting(request), fault);
  });

  test('may be one that takes the connection over', () => {
    const answer = { takeOver: () => {} };
    assert.equal(firstAnswer([() => NOT_MINE, () => answer])(request), answer);
  });
});
