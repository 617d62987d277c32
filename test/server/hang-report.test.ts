import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CONNECTION_STATES, ConnectionBoard } from '#net/connection-board.ts';
import { describeHang } from '#server/hang-report.ts';
import type { Diagnosis } from '#threads/diagnosis.ts';

const { answering, handling } = CONNECTION_STATES;

function boardWith(...lines: string[]): ConnectionBoard {
  const board = new ConnectionBoard(ConnectionBoard.allocate(20));
  for (const [at, line] of lines.entries()) {
    board.begin(
      board.claim(at + 10),
      Buffer.from(line),
      0,
      line.length,
      at % 2 === 0 ? handling : answering,
      Date.now(),
    );
  }
  board.claim(99);
  return board;
}

function stopped(value: unknown, url = 'file:///srv/app.ts'): Diagnosis {
  const ours = new URL('../../src/net/connection.ts', import.meta.url).href;
  return {
    kind: 'javascript',
    value,
    frames: [
      { functionName: 'spin', url, line: 3, column: 5 },
      { functionName: '', url, line: 9, column: 1 },
      { functionName: 'onSocketData', url: ours, line: 1, column: 1 },
      { functionName: 'emit', url: 'node:events', line: 1, column: 1 },
    ],
  };
}

function report(diagnosis: Diagnosis, board: ConnectionBoard | undefined): string[] {
  return describeHang(diagnosis, board, Date.now() + 2000)
    .split('\n')
    .map((line) => line.slice(4));
}

suite('the report of a hang', () => {
  test('names the request that the stopped code belongs to, and the app’s frames', () => {
    const lines = report(stopped('GET /b?c'), boardWith('GET /a', 'GET /b?c', 'GET /d'));
    assert.match(lines[0] ?? '', /^request: GET \/b\?c \(for 2\.\d s\)$/);
    assert.deepEqual(lines.slice(1), ['at spin (/srv/app.ts:3:5)', 'at /srv/app.ts:9:1']);
  });

  test('knows a request by the 96 bytes that were kept of it', () => {
    const long = `GET /${'x'.repeat(200)}`;
    assert.match(report(stopped(long), boardWith(long, 'GET /'))[0] ?? '', /^request: GET \/x{91} \(for/);
  });

  test('names the only request in flight where the code does not tell', () => {
    assert.match(report(stopped(undefined), boardWith('GET /only'))[0] ?? '', /^request: GET \/only /);
    const native: Diagnosis = { kind: 'native', detail: 'state R' };
    assert.deepEqual(report(native, boardWith('GET /only')).slice(1), [
      'no stack: native code holds the thread (state R)',
    ]);
  });

  test('calls candidates so, oldest first, and names five of many', () => {
    const lines = report(
      { kind: 'native', detail: '' },
      boardWith(...Array.from({ length: 9 }, (_, at) => `GET /${at}`)),
    );
    assert.equal(lines[0], 'one of these 9 requests:');
    assert.equal(lines.filter((line) => line.startsWith('  GET')).length, 5);
    assert.equal(lines.at(-1), 'no stack: native code holds the thread');
  });

  test('says where no request is to blame', () => {
    assert.equal(
      report(stopped(undefined), boardWith())[0],
      'no request is in flight: it hangs in work of its own',
    );
    assert.equal(report(stopped('GET /over'), boardWith())[0], 'request: GET /over');
    assert.equal(
      report(stopped(undefined), undefined)[0],
      'no request is in flight: it hangs in work of its own',
    );
  });

  test('shows all frames where none is the app’s', () => {
    assert.equal(report(stopped(undefined, 'node:internal/x'), boardWith()).length, 5);
  });
});
