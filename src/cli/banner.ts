import type { Server } from '#server/serve.ts';

/** What the banner tells. */
export interface BannerFacts {
  /** The version of heddle. */
  readonly version: string;
  /** What is served, as the user named it. */
  readonly target: string;
  /** The server. */
  readonly server: Server;
  /** How long the start took, in milliseconds. */
  readonly startMs: number;
}

/**
 * The line for a log that says where the admin endpoint answers, printed when it does; for a person the banner has it.
 * @param url of the endpoint
 */
export function formatAdminLine(url: string): string {
  return `heddle: admin on ${url}\n`;
}

/**
 * The text that a started server prints: some lines for a person at a terminal, one plain line for a log.
 * @param facts what to tell
 * @param isTerminal whether a person reads
 */
export function formatBanner(facts: BannerFacts, isTerminal: boolean): string {
  const { version, target, server, startMs } = facts;
  const { count, reason } = server.threads;
  const threads = `${count} ${count === 1 ? 'thread' : 'threads'}`;
  const why = server.settings.threads === 'auto' ? reason : 'as asked';
  const start = `${Math.round(startMs)} ms`;
  if (!isTerminal)
    return `heddle: serving ${target} on ${server.url} (${threads}: ${why}; ready in ${start})\n`;
  return [
    '',
    `  heddle ${version}  ready in ${start}`,
    '',
    `  ➜  Local:    ${server.url}`,
    `  ➜  Serving:  ${target}`,
    ...(server.admin === undefined ? [] : [`  ➜  Admin:    ${server.admin}`]),
    `  ➜  Threads:  ${count} (${why})`,
    '',
    '',
  ].join('\n');
}
