import * as jobs from './jobs.ts';

const { default: workerpool } = (await import(String('workerpool'))) as {
  default: { worker(jobs: Record<string, unknown>): void };
};
workerpool.worker({ ...jobs });
