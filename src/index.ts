export { HeddleError } from '#observe/heddle-error.ts';
export type { ArgsOf, ExecuteOptions, Job, JobRunner, Names, ResultOf } from '#pool/job-runner.ts';
export type { PoolEvents } from '#pool/pool-events.ts';
export type { PoolOptions, PoolStats } from '#pool/pool-options.ts';
export { ThreadPool } from '#pool/thread-pool.ts';
export type { Context, HeddleApp } from '#server/context.ts';
export {
  type AppOptions,
  type FetchOptions,
  type FolderOptions,
  type ServeOptions,
  type Server,
  type ServerAddress,
  serve,
} from '#server/serve.ts';
export type { CloseOptions, ServerEnd } from '#server/shutdown.ts';
