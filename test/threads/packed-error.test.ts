import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeddleError } from '#observe/heddle-error.ts';
import { asError, packError, unpackError } from '#threads/packed-error.ts';

/** There and back, through a structured clone as between threads. */
function cross(thrown: unknown): unknown {
  return unpackError(structuredClone(packError(thrown)));
}

test('an error crosses with name, message, stack, code and cause', () => {
  class QuotaError extends Error {
    override readonly name = 'QuotaError';
    readonly code = 'E_QUOTA';
  }
  const thrown = new QuotaError('full', { cause: new TypeError('disk') });
  const arrived = cross(thrown);
  assert.ok(arrived instanceof Error);
  assert.equal(arrived.name, 'QuotaError');
  assert.equal(arrived.message, 'full');
  assert.equal(arrived.stack, thrown.stack);
  assert.equal((arrived as QuotaError).code, 'E_QUOTA');
  assert.ok(arrived.cause instanceof TypeError);
});

test('a built-in error keeps its class, one of heddle is a HeddleError again', () => {
  assert.ok(cross(new RangeError('r')) instanceof RangeError);
  const ours = cross(new HeddleError('ERR_HEDDLE_POOL_CLOSED', 'closed'));
  assert.ok(ours instanceof HeddleError);
  assert.equal(ours.code, 'ERR_HEDDLE_POOL_CLOSED');
});

test('an AggregateError crosses with its errors', () => {
  const arrived = cross(new AggregateError([new TypeError('a'), 'b'], 'both'));
  assert.ok(arrived instanceof AggregateError);
  assert.ok(arrived.errors[0] instanceof TypeError);
  assert.equal(arrived.errors[1], 'b');
});

test('a ring of causes is cut', () => {
  const thrown = new Error('ring');
  thrown.cause = thrown;
  let depth = 0;
  for (let at = cross(thrown); at instanceof Error; at = at.cause) depth += 1;
  assert.equal(depth, 9);
});

test('a thrown value that is no error crosses as it is, one that cannot be cloned as its description', () => {
  assert.deepEqual(cross({ reason: 1 }), { reason: 1 });
  assert.equal(cross(undefined), undefined);
  assert.equal(
    cross(function named() {}),
    '[function named]',
  );
  assert.equal(cross(Symbol('s')), '[object Symbol]');
  assert.equal(cross({ f: () => {} }), '[object Object]');
});

test('asError leaves an error alone and wraps anything else', () => {
  const error = new Error('e');
  assert.equal(asError(error), error);
  assert.equal(asError(null).cause, null);
});
