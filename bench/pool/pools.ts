import { fileURLToPath } from 'node:url';
import { ThreadPool } from '../../src/index.ts';
import type * as jobs from './jobs.ts';

/** How many workers each pool has. */
export const WORKERS = 2;

/** A pool of another project or ours, reduced to what is measured. */
export interface AnyPool {
  /**
   * Runs a job.
   * @param name of the job
   * @param value its argument
   * @param moved what is moved instead of copied
   */
  run(name: keyof typeof jobs, value: unknown, moved?: readonly ArrayBuffer[]): Promise<unknown>;
  /**
   * Runs a job and gives it up, in the way that the pool has for it.
   * @param name of the job
   * @param afterMs when
   */
  giveUp(name: keyof typeof jobs, afterMs: number): Promise<unknown>;
  /** Ends its workers. */
  close(): Promise<unknown>;
}

const JOBS = new URL('./jobs.ts', import.meta.url);

/** Every pool, by the name in the table. Those that are not ours are in the node_modules beside this file. */
export const POOLS: Readonly<Record<string, () => Promise<AnyPool>>> = {
  heddle: async () => {
    const pool = new ThreadPool<typeof jobs>({ tasks: JOBS, size: WORKERS });
    const execute = pool.execute.bind(pool) as (...args: unknown[]) => Promise<unknown>;
    return {
      run: (name, value, moved) =>
        moved ? execute(name, [value], { transfer: moved }) : execute(name, [value]),
      giveUp: (name, afterMs) => execute(name, [], { signal: AbortSignal.timeout(afterMs) }),
      close: () => pool.close(),
    };
  },
  piscina: () => piscina(1),
  'piscina, 128 at a time': () => piscina(128),
  tinypool: async () => {
    const { Tinypool } = await load<{ Tinypool: PiscinaLike }>('tinypool');
    const pool = new Tinypool({ filename: JOBS.href, minThreads: WORKERS, maxThreads: WORKERS });
    return {
      run: (name, value, moved) => pool.run(value, moved ? { name, transferList: moved } : { name }),
      giveUp: (name, afterMs) => pool.run(undefined, { name, signal: AbortSignal.timeout(afterMs) }),
      close: () => pool.destroy(),
    };
  },
  poolifier: async () => {
    const { FixedThreadPool } = await load<{ FixedThreadPool: PoolifierLike }>('poolifier');
    const pool = new FixedThreadPool(WORKERS, pathOf('./poolifier-worker.ts'));
    return {
      run: (name, value, moved) => pool.execute(value, name, undefined, moved),
      giveUp: (name, afterMs) => pool.execute(undefined, name, AbortSignal.timeout(afterMs), undefined),
      close: () => pool.destroy(),
    };
  },
  workerpool: async () => {
    const { default: workerpool } = await load<{ default: WorkerpoolLike }>('workerpool');
    const pool = workerpool.pool(pathOf('./workerpool-worker.ts'), {
      ...{ minWorkers: WORKERS, maxWorkers: WORKERS, workerType: 'thread' },
    });
    return {
      // Its promise is its own kind.
      run: async (name, value, moved) => pool.exec(name, [value], moved ? { transfer: moved } : undefined),
      giveUp: async (name, afterMs) => pool.exec(name, [], undefined).timeout(afterMs),
      close: () => pool.terminate(),
    };
  },
};

async function piscina(concurrentTasksPerWorker: number): Promise<AnyPool> {
  const { Piscina } = await load<{ Piscina: PiscinaLike }>('piscina');
  const pool = new Piscina({
    ...{ filename: JOBS.href, minThreads: WORKERS, maxThreads: WORKERS, concurrentTasksPerWorker },
  });
  return {
    run: (name, value, moved) => pool.run(value, moved ? { name, transferList: moved } : { name }),
    giveUp: (name, afterMs) => pool.run(undefined, { name, signal: AbortSignal.timeout(afterMs) }),
    close: () => pool.destroy(),
  };
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

/** By a name that is known at run time only: the types of this project are checked without those packages, too. */
async function load<T>(name: string): Promise<T> {
  return (await import(name)) as T;
}

type PiscinaLike = new (
  options: object,
) => { run(value: unknown, options: object): Promise<unknown>; destroy(): Promise<unknown> };
type PoolifierLike = new (
  size: number,
  worker: string,
) => {
  execute(value: unknown, name: string, signal: AbortSignal | undefined, moved: unknown): Promise<unknown>;
  destroy(): Promise<unknown>;
};
interface WorkerpoolLike {
  pool(
    path: string,
    options: object,
  ): {
    exec(
      name: string,
      args: unknown[],
      options: unknown,
    ): PromiseLike<unknown> & {
      timeout(ms: number): PromiseLike<unknown>;
    };
    terminate(): Promise<unknown>;
  };
}
