export { HeddleError } from '#observe/heddle-error.ts';
export type {
  ArgsOf,
  ExecuteOptions,
  ItemIn,
  ItemOf,
  Job,
  JobRunner,
  Names,
  Rest,
  ResultOf,
  ReturnIn,
  ReturnOf,
  StreamJob,
  StreamOptions,
} from '#pool/job-runner.ts';
export type { JobStream } from '#pool/job-stream.ts';
export type { PoolEvents } from '#pool/pool-events.ts';
export type { PoolOptions, PoolStats } from '#pool/pool-options.ts';
export { ThreadPool } from '#pool/thread-pool.ts';
export type { TimeQuantiles } from '#pool/time-spread.ts';
export type { Context, HeddleApp } from '#server/context.ts';
export { defineConfig, type HeddleConfig } from '#server/define-config.ts';
export type { Server, ServerAddress } from '#server/running-server.ts';
export { serve } from '#server/serve.ts';
export type {
  AppOptions,
  FetchOptions,
  FolderOptions,
  HostsOptions,
  ServeOptions,
} from '#server/serve-targets.ts';
export type { CloseOptions, ServerEnd } from '#server/shutdown.ts';
export type { VirtualHost } from '#server/virtual-hosts.ts';
