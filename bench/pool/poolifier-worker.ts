import * as jobs from './jobs.ts';

const { ThreadWorker } = (await import(String('poolifier'))) as {
  ThreadWorker: new (jobs: Record<string, unknown>) => unknown;
};
new ThreadWorker({ ...jobs });
