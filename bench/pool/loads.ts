import assert from 'node:assert/strict';
import type { AnyPool } from './pools.ts';

/** Work for a pool, of one kind. */
export interface PoolLoad {
  /** How many jobs are in flight at a time. */
  readonly inFlight: number;
  /**
   * Runs one job and checks its answer.
   * @param pool to run it on
   * @param at which one, from 0
   * @returns whether it is one whose time counts
   */
  readonly one: (pool: AnyPool, at: number) => Promise<boolean>;
}

const TEXT = 'x'.repeat(10 * 1024);
const BYTES = 64 * 1024;
const LARGE = 1024 * 1024;
/** Small jobs, among which are long ones. */
const SMALL_MS = 0.05;
const MIXED = 16;

/** Every load, by the name in the table. */
export const LOADS: Readonly<Record<string, PoolLoad>> = {
  '1 in flight': echoes(1),
  '16 in flight': echoes(16),
  '256 in flight': echoes(256),
  '50 us each': burns(1, SMALL_MS),
  '10 % of 2 ms': burns(10, 2),
  '1 % of 20 ms': burns(100, 20),
  '10 KiB of text': {
    inFlight: 256,
    one: async (pool) => {
      assert.equal((await pool.run('echo', TEXT)) === TEXT, true);
      return true;
    },
  },
  '64 KiB copied': {
    inFlight: 16,
    one: async (pool, at) => {
      const bytes = new Uint8Array(BYTES).fill(at % 251);
      assert.deepEqual(await pool.run('measure', bytes), [BYTES, at % 251, at % 251]);
      return true;
    },
  },
  '1 MiB moved': {
    inFlight: 16,
    one: async (pool, at) => {
      const bytes = new Uint8Array(LARGE);
      bytes[0] = at % 251;
      assert.deepEqual(await pool.run('measure', bytes, [bytes.buffer]), [LARGE, at % 251, 0]);
      return true;
    },
  },
};

function echoes(inFlight: number): PoolLoad {
  return {
    inFlight,
    one: async (pool, at) => {
      assert.equal(await pool.run('echo', at), at);
      return true;
    },
  };
}

/** One in so many is long; in a fixed order that has no rhythm, the same for every pool. */
function burns(every: number, longMs: number): PoolLoad {
  return {
    inFlight: MIXED,
    one: async (pool, at) => {
      const isLong = every > 1 && Math.imul(at, 2_654_435_761) >>> 0 < 2 ** 32 / every;
      const ms = isLong ? longMs : SMALL_MS;
      assert.equal(await pool.run('burn', ms), ms);
      return !isLong;
    },
  };
}
