import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { declaredLength, formatReplyHead, ReplyError } from '#http1/reply-head.ts';
import { protocolWithRequest, TEST_DATE } from '../support/protocol-driver.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const DATE = `date: ${TEST_DATE}\r\n`;

function format(status: number, ...fields: string[]): string {
  return formatReplyHead({ status, fields }, '', '', TEST_DATE);
}

suite('the head of a reply', () => {
  test('has status line, fields in their order, date, framing, connection (RFC9112§2.1)', () => {
    assert.equal(
      formatReplyHead(
        { status: 200, fields: ['b', '1', 'a', '2', 'b', '3'] },
        'f: x\r\n',
        'c: y\r\n',
        TEST_DATE,
      ),
      `HTTP/1.1 200 OK\r\nb: 1\r\na: 2\r\nb: 3\r\n${DATE}f: x\r\nc: y\r\n\r\n`,
    );
  });

  test('an unknown status has an empty reason phrase behind its space (RFC9112§4)', () => {
    assert.ok(format(299).startsWith('HTTP/1.1 299 \r\n'));
    assert.ok(format(599).startsWith('HTTP/1.1 599 \r\n'));
  });

  test('a status out of range is refused (RFC9110§15)', () => {
    for (const status of [0, 99, 600, 1000, -200, 200.5, Number.NaN]) {
      assert.throws(() => format(status), { name: 'ReplyError', message: /is not a status/ });
    }
  });

  test("an app's own date stands, once (RFC9110§6.6.1)", () => {
    assert.equal(format(200, 'date', 'then'), 'HTTP/1.1 200 OK\r\ndate: then\r\n\r\n');
  });

  test('a field name may be asked for again (the names are remembered)', () => {
    for (let time = 0; time < 2; time += 1) {
      assert.equal(format(200, 'x-again', 'y'), `HTTP/1.1 200 OK\r\nx-again: y\r\n${DATE}\r\n`);
      assert.throws(() => format(200, 'x again', 'y'), ReplyError);
    }
  });

  test('more names than are remembered are held to the same rules', () => {
    for (let number = 0; number < 1100; number += 1) format(200, `x-made-up-${number}`, '');
    assert.equal(format(200, 'x-one-more', 'y'), `HTTP/1.1 200 OK\r\nx-one-more: y\r\n${DATE}\r\n`);
    assert.throws(() => format(200, 'x-one-more\r\n', 'y'), ReplyError);
    assert.equal(format(200, 'transfer-encoding', 'chunked'), `HTTP/1.1 200 OK\r\n${DATE}\r\n`);
  });
});

suite('fields that may not leave', () => {
  for (const character of [
    '\r',
    '\n',
    '\r\nset-cookie: a=b',
    '\0',
    '\x0b',
    '\x1f',
    '\x7f',
    'Ā',
    '\u560a',
    '🙂',
  ]) {
    test(`a value with ${JSON.stringify(character)} is refused (RFC9110§5.5)`, () => {
      for (const value of [character, `a${character}`, `${character}b`]) {
        assert.throws(() => format(200, 'location', value), { name: 'ReplyError', message: /"location"/ });
      }
    });
  }

  for (const name of ['', 'a b', 'a:', 'a\r\nb', 'a\n', '\0', 'ä', '(a)', 'a\u0130']) {
    test(`the name ${JSON.stringify(name)} is refused (RFC9110§5.1)`, () => {
      assert.throws(() => format(200, name, 'x'), { name: 'ReplyError', message: /is not a field name/ });
    });
  }

  test('a name with capitals is refused: framing fields are known by their lower case', () => {
    assert.throws(() => format(200, 'Content-Length', '5'), { name: 'ReplyError', message: /lower case/ });
    assert.throws(() => format(200, 'Transfer-Encoding', 'chunked'), ReplyError);
  });

  test('a tab, a space and bytes above 0x7F may leave (RFC9110§5.5)', () => {
    assert.ok(format(200, 'x', 'a\tb c\x80\xff').includes('x: a\tb c\x80\xff\r\n'));
  });

  test('fields of connection and framing are passed over: the engine writes them (RFC9110§7.6.1)', () => {
    for (const name of [
      'connection',
      'keep-alive',
      'proxy-connection',
      'transfer-encoding',
      'content-length',
    ]) {
      assert.equal(format(200, name, 'close'), `HTTP/1.1 200 OK\r\n${DATE}\r\n`);
    }
  });

  test('a refused field leaves the reply due, so that a 500 can still be sent', () => {
    const protocol = protocolWithRequest(GET);
    const bad = { status: 200, fields: ['x', '\n'] };
    assert.throws(() => protocol.sendWhole(bad, 'x', TEST_DATE), ReplyError);
    assert.throws(() => protocol.sendHead(bad, TEST_DATE), ReplyError);
    assert.equal(protocol.replyState, 'due');
    const reply = protocol.sendWhole({ status: 500, fields: [] }, 'oh', TEST_DATE);
    assert.ok(String(reply).startsWith('HTTP/1.1 500 Internal Server Error\r\n'));
  });
});

suite('a declared content-length', () => {
  test('is a plain decimal number (RFC9110§8.6)', () => {
    assert.equal(declaredLength(['x', 'y', 'content-length', '0012']), 12);
    assert.equal(declaredLength(['content-length', '999999999999999']), 999_999_999_999_999);
    assert.equal(declaredLength(['x', 'content-length']), undefined);
    assert.equal(declaredLength([]), undefined);
  });

  for (const value of ['', ' 5', '+5', '-1', '5,5', '0x5', '5.0', '1e3', 'five', '1000000000000000', '٥']) {
    test(`cannot be ${JSON.stringify(value)} (RFC9110§8.6)`, () => {
      assert.throws(() => declaredLength(['content-length', value]), {
        name: 'ReplyError',
        message: /is not a length/,
      });
      const protocol = protocolWithRequest(GET);
      const head = { status: 200, fields: ['content-length', value] };
      assert.throws(() => protocol.sendHead(head, TEST_DATE), ReplyError);
      assert.equal(protocol.replyState, 'due');
    });
  }
});
