import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PoolThreads, SenderConnection } from '#pool/pool-threads.ts';
import { PoolSeats } from '#server/pool-seats.ts';
import type { ManagedThread } from '#threads/managed-thread.ts';

const CONNECTION = {} as SenderConnection;

function seatsOf(count: number): { readonly seats: PoolSeats; readonly calls: string[] } {
  const calls: string[] = [];
  const pool = {
    connect: (seat: number) => calls.push(`connect ${seat}`),
    disconnect: (seat: number) => calls.push(`disconnect ${seat}`),
  };
  return { seats: new PoolSeats(pool as unknown as PoolThreads, count), calls };
}

test('a thread and the one that replaces it have each a seat; a seat is free again behind its thread', () => {
  const { seats, calls } = seatsOf(2);
  const [old, next, third] = [{ index: 0 }, { index: 0 }, { index: 0 }] as ManagedThread[];
  seats.connect(old!, CONNECTION);
  seats.connect(next!, CONNECTION);
  assert.throws(() => seats.connect(third!, CONNECTION), RangeError);
  seats.disconnect(old!);
  seats.disconnect(old!);
  seats.connect(third!, CONNECTION);
  assert.deepEqual(calls, ['connect 0', 'connect 1', 'disconnect 0', 'connect 0']);
});
