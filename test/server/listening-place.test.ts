import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { placeOf, resolveHost } from '#server/listening-place.ts';
import { objectLayer, settleConfig } from '#server/server-config.ts';

function settle(options: object): ReturnType<typeof settleConfig>['settings'] {
  return settleConfig([objectLayer(options, 'test')]).settings;
}

describe('the address to bind', () => {
  test('is the numeric one as it is, and that of a name', async () => {
    assert.equal(await resolveHost('192.0.2.1'), '192.0.2.1');
    assert.match(await resolveHost('localhost'), /^(127\.0\.0\.1|::1)$/);
  });

  test('for all interfaces is :: where there is IPv6, 0.0.0.0 where there is none', async () => {
    assert.equal(await resolveHost('::', async () => true), '::');
    assert.equal(await resolveHost('::', async () => false), '0.0.0.0');
  });

  test('of one interface does not become another for want of IPv6', async () => {
    assert.equal(await resolveHost('::1', async () => false), '::1');
  });
});

const NONE = { descriptors: [], oneEach: false };

describe('the place to listen', () => {
  test('is host and port where no socket is named', () => {
    assert.deepEqual(placeOf(settle({ port: 80, hostname: '::1' }), NONE), {
      host: '::1',
      port: 80,
      inherited: NONE,
    });
  });

  test('is the absolute path of a socket, with its mode', () => {
    const file = { path: `${process.cwd()}/run/heddle.sock`, mode: 0o660 };
    assert.deepEqual(placeOf(settle({ socket: 'run/heddle.sock', socketMode: '660' }), NONE).file, file);
  });

  test('leaves the mode to the umask where none is given', () => {
    assert.deepEqual(placeOf(settle({ socket: '/run/heddle.sock' }), NONE).file, {
      path: '/run/heddle.sock',
    });
  });
});

describe('the mode of a socket', () => {
  const cases: readonly (readonly [given: unknown, mode: number | 'umask' | undefined])[] = [
    ['660', 0o660],
    ['0660', 0o660],
    ['0', 0],
    [0o777, 0o777],
    ['umask', 'umask'],
    [660, undefined],
    ['888', undefined],
    ['1777', undefined],
    ['rw', undefined],
    ['', undefined],
    [-1, undefined],
    [1.5, undefined],
  ];
  for (const [given, mode] of cases) {
    test(`${JSON.stringify(given)} is ${mode === undefined ? 'refused' : mode}`, () => {
      if (mode !== undefined) assert.equal(settle({ socketMode: given }).socketMode, mode);
      else assert.throws(() => settle({ socketMode: given }), { code: 'ERR_HEDDLE_OPTION' });
    });
  }

  test('a path with a NUL, which the system would cut there, is refused', () => {
    assert.throws(() => settle({ socket: 'a\0b' }), { code: 'ERR_HEDDLE_OPTION', message: /socket in test/ });
  });
});
