import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { showValue } from '#server/option-values.ts';
import { OPTION_NAMES, SERVE_OPTIONS } from '#server/serve-options.ts';
import { environmentLayer, objectLayer, settleConfig } from '#server/server-config.ts';

describe('settling options', () => {
  test('without layers every option has its default, and says so', () => {
    const { settings, origins } = settleConfig([]);
    for (const name of OPTION_NAMES) {
      assert.equal(settings[name], SERVE_OPTIONS[name].default, name);
      assert.equal(origins[name], 'default', name);
    }
  });

  test('by default a request line of 8000 bytes fits into target and head (RFC9112§3)', () => {
    const { maxTargetBytes, maxHeadBytes } = settleConfig([]).settings;
    assert.ok(maxTargetBytes >= 8000);
    assert.ok(maxHeadBytes > maxTargetBytes + 'GET  HTTP/1.1\r\n'.length);
  });

  test('every default is a value that its own option takes', () => {
    const defaults = Object.fromEntries(OPTION_NAMES.map((name) => [name, SERVE_OPTIONS[name].default]));
    assert.deepEqual(settleConfig([objectLayer(defaults, 'test')]).settings, settleConfig([]).settings);
  });

  test('every default is shown as text that its option reads as the same', () => {
    for (const name of OPTION_NAMES) {
      const { kind, default: value } = SERVE_OPTIONS[name];
      const shown = showValue(kind, value);
      const read = settleConfig([objectLayer({ [name]: shown === 'none' ? '' : shown }, 'test')]).settings;
      assert.equal(read[name], value, name);
    }
    const shown = [
      showValue('duration', 250),
      showValue('duration', 90_000),
      showValue('duration', 1500),
      showValue('bytes', 10_485_760),
      showValue('bytes', 1000),
      showValue('room', 0),
      showValue('count', 10_000),
    ];
    assert.deepEqual(shown, ['250ms', '90s', '1500ms', '10MiB', '1000', '0', '10000']);
  });

  test('the first layer that gives a value wins, and names its origin', () => {
    const { settings, origins } = settleConfig([
      objectLayer({ port: 1 }, 'the options'),
      objectLayer({ port: 2, threads: 2 }, 'app.ts'),
      environmentLayer({ PORT: '3', HEDDLE_THREADS: '3', HEDDLE_POOL_THREADS: '3' }),
    ]);
    assert.deepEqual([settings.port, settings.threads, settings.poolThreads], [1, 2, 3]);
    assert.deepEqual(
      [origins.port, origins.threads, origins.poolThreads],
      ['port in the options', 'threads in app.ts', '$HEDDLE_POOL_THREADS'],
    );
  });

  test('a value that cannot be is refused even where a stronger layer hides it', () => {
    const layers = [objectLayer({ port: 1 }, 'the options'), environmentLayer({ PORT: 'abc' })];
    assert.throws(() => settleConfig(layers), { code: 'ERR_HEDDLE_OPTION', message: /^\$PORT: "abc"/ });
  });

  test('an empty variable and an undefined member count as not given', () => {
    const layers = [objectLayer({ port: undefined }, 'x'), environmentLayer({ PORT: '', HOST: '::1' })];
    const { settings } = settleConfig(layers);
    assert.deepEqual([settings.port, settings.hostname], [SERVE_OPTIONS.port.default, '::1']);
  });

  const sizes: readonly (readonly [unknown, number | undefined])[] = [
    ['10485760', 10_485_760],
    ['64KiB', 65_536],
    ['10MB', 10_000_000],
    ['10m', 10_485_760],
    ['1.5GiB', 1_610_612_736],
    ['20kb', 20_000],
    ['7B', 7],
    [512, 512],
    ['0', undefined],
    ['0MB', undefined],
    ['0.1B', undefined],
    ['', undefined],
    ['-1k', undefined],
    ['1 MB', undefined],
    ['MB', undefined],
    ['1ib', undefined],
    ['9999999999g', undefined],
    [1.5, undefined],
  ];
  for (const [value, expected] of sizes)
    test(`a size: ${JSON.stringify(value)}`, () => {
      const read = () => settleConfig([objectLayer({ maxBodyBytes: value }, 'x')]).settings.maxBodyBytes;
      if (expected === undefined) assert.throws(read, { code: 'ERR_HEDDLE_OPTION' });
      else assert.equal(read(), expected);
    });

  test('a cache may have no room', () => {
    const { fileCacheBytes, compressCacheBytes } = settleConfig([
      objectLayer({ fileCacheBytes: '0', compressCacheBytes: '16MiB' }, 'x'),
    ]).settings;
    assert.deepEqual([fileCacheBytes, compressCacheBytes], [0, 16_777_216]);
  });

  const durations: readonly (readonly [unknown, number | undefined])[] = [
    ['500ms', 500],
    ['1.5s', 1500],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['250', 250],
    [0, 0],
    ['', undefined],
    ['-1s', undefined],
    ['1 s', undefined],
    ['soon', undefined],
    [-1, undefined],
    [Number.NaN, undefined],
    [Number.POSITIVE_INFINITY, undefined],
    [null, undefined],
  ];
  for (const [value, ms] of durations) {
    test(`as a duration ${JSON.stringify(value)} is ${ms === undefined ? 'refused' : `${ms} ms`}`, () => {
      const settle = () => settleConfig([objectLayer({ drainMs: value }, 'x')]).settings.drainMs;
      if (ms === undefined) assert.throws(settle, { code: 'ERR_HEDDLE_OPTION' });
      else assert.equal(settle(), ms);
    });
  }

  test('whole numbers are taken as numbers and as digits, and nothing else is', () => {
    const settle = (threads: unknown) => settleConfig([objectLayer({ threads }, 'x')]).settings.threads;
    assert.deepEqual([settle(4), settle('4'), settle('auto')], [4, 4, 'auto']);
    for (const bad of [0, 1025, 1.5, '1.5', '0x4', '4 ', '1e2', true, [4], {}]) {
      assert.throws(() => settle(bad), { code: 'ERR_HEDDLE_OPTION' }, JSON.stringify(bad));
    }
  });
});
