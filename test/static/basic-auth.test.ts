import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Handler } from '#exchange/handler.ts';
import type { Reply } from '#exchange/reply.ts';
import { type Accounts, parseAccounts } from '#static/account-lines.ts';
import { accountLine, requirePassword } from '#static/basic-auth.ts';
import { fakeRequest } from '../support/fake-request.ts';

/** Cheap ones, so that tests are quick: `secret` is the password. */
const ANN = 'ann:$scrypt$ln=10,r=8,p=1$c2FsdHNhbHRzYWx0$kKK9QMYyJFkTvWSgfxT/+L00p5m6o9PGe7dS16tiJ2o';
const OK: Reply = { status: 200, fields: [], body: 'in' };

function basic(text: string): string {
  return `Basic ${Buffer.from(text).toString('base64')}`;
}

function accountsOf(text: string): Accounts {
  const accounts = parseAccounts(text);
  assert.ok(typeof accounts === 'object');
  return accounts;
}

/** Asks a gate before a handler that counts. */
function gateOf(text: string) {
  let reached = 0;
  const handler: Handler = requirePassword(
    () => {
      reached += 1;
      return OK;
    },
    accountsOf(text),
    'here',
  );
  const answer = (authorization?: string) =>
    handler(fakeRequest({ fields: authorization === undefined ? {} : { authorization } }));
  const status = async (authorization?: string) => {
    const reply = await answer(authorization);
    assert.ok(reply !== undefined && 'status' in reply);
    return reply.status;
  };
  return { answer, status, reached: () => reached };
}

suite('a file of accounts', () => {
  test('has a line for each, remarks and empty lines', () => {
    const accounts = accountsOf(`# who may come in\n\n${ANN}\r\n  ${ANN.replace('ann', 'böb')}  `);
    assert.deepEqual([...accounts.keys()], ['ann', 'böb']);
    assert.equal(accounts.get('ann')?.key.length, 32);
  });

  const wrong = [
    'ann',
    'ann:secret',
    ANN.replace('scrypt', 'bcrypt'),
    ANN.replace('ln=10', 'ln=9'),
    ANN.replace('ln=10', 'ln=21'),
    ANN.replace('r=8', 'r=0'),
    ANN.replace('p=1', 'p=17'),
    ANN.replace('ln=10,r=8', 'ln=20,r=32'),
    ANN.replace('c2FsdHNhbHRzYWx0', 'c2Fs'),
    ANN.replace(/\$[^$]*$/, '$c2Fs'),
    ANN.replace('ann', 'an n'),
  ];
  for (const line of wrong)
    test(`is refused at its line: ${line}`, () =>
      assert.equal(parseAccounts(`${ANN.replace('ann', 'x')}\n${line}`), 2));

  test('has each name once', () => assert.equal(parseAccounts(`${ANN}\n${ANN}`), 2));
});

suite('a password', () => {
  test('lets in who has it, and nobody else (RFC7617§2)', async () => {
    const { status, reached } = gateOf(ANN);
    assert.equal(await status(basic('ann:secret')), 200);
    for (const other of [
      'ann:Secret',
      'ann:',
      'ann',
      ':secret',
      'bob:secret',
      'ann:secret ',
      '__proto__:secret',
    ])
      assert.equal(await status(basic(other)), 401, other);
    assert.equal(reached(), 1);
  });

  test('is looked at for an unknown name too, which nobody is to find out by the time that takes', async () => {
    const { status } = gateOf(ANN);
    let isAnswered = false;
    const refused = status(basic('bob:secret')).finally(() => {
      isAnswered = true;
    });
    // Nothing is derived from a password within this turn of the loop.
    for (let turn = 0; turn < 100; turn += 1) await undefined;
    assert.equal(isAnswered, false);
    assert.equal(await refused, 401);
  });

  test('is asked for where there is none, or another scheme', async () => {
    const { answer, status } = gateOf(ANN);
    const reply = await answer();
    assert.ok(reply !== undefined && 'status' in reply);
    assert.deepEqual(reply.fields.slice(2), ['www-authenticate', 'Basic realm="here", charset="UTF-8"']);
    for (const other of ['', 'Bearer x', 'Basic', 'Basic !!', `Basic ${'A'.repeat(1025)}`])
      assert.equal(await status(other), 401, other.slice(0, 20));
  });

  test('that was right is known again in the same tick, the scheme in any case', async () => {
    const { answer, status } = gateOf(ANN);
    assert.equal(await status(basic('ann:secret')), 200);
    assert.equal(answer(basic('ann:secret')), OK);
    assert.equal(answer(basic('ann:secret').replace('Basic', 'bAsIc')), OK);
    assert.ok(answer(basic('ann:wrong')) instanceof Promise);
  });

  test('is UTF-8, in either form of its letters, and may have colons', async () => {
    const line = await accountLine('zoë', 'caf\u00e9:1');
    const { status } = gateOf(line);
    assert.equal(await status(basic('zoë:cafe\u0301:1')), 200);
    assert.equal(await status(basic('zoë:cafe:1')), 401);
  });

  test('is looked at once for all who come with it, and guesses have to wait', async () => {
    const { answer } = gateOf(ANN);
    const first = answer(basic('ann:secret'));
    const guesses = Array.from({ length: 60 }, (_, at) => answer(basic(`ann:${at}`)));
    const again = answer(basic('ann:secret'));
    const refused = guesses.filter((reply) => !(reply instanceof Promise));
    assert.equal(refused.length, 29);
    assert.ok(refused.every((reply) => reply !== undefined && 'status' in reply && reply.status === 503));
    assert.deepEqual([await first, await again], [OK, OK]);
    await Promise.all(guesses);
  });
});
