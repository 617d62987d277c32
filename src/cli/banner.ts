import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Server } from '#server/running-server.ts';

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
  /** What whoever started it may want to know besides; empty for nothing. */
  readonly hint: string;
}

/**
 * Why a folder that was just served is a 404 at its root, and what to do.
 * @param folder what is served alone; `undefined` for an app
 * @param settings of the server
 * @returns empty where there is nothing to say
 */
export function hintForFolder(
  folder: string | undefined,
  { listing, single }: Pick<Server['settings'], 'listing' | 'single'>,
): string {
  if (folder === undefined || (listing && !single) || existsSync(join(folder, 'index.html'))) return '';
  return single
    ? 'there is no index.html in it'
    : 'there is no index.html in it; --listing shows what there is';
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
  const { version, target, server, startMs, hint } = facts;
  const { count, reason } = server.threads;
  const threads = `${count} ${count === 1 ? 'thread' : 'threads'}`;
  const why = server.settings.threads === 'auto' ? reason : 'as asked';
  const start = `${Math.round(startMs)} ms`;
  if (!isTerminal) {
    const serving = `heddle: serving ${target} on ${server.url} (${threads}: ${why}; ready in ${start})\n`;
    return hint === '' ? serving : `${serving}heddle: serving ${target}: ${hint}\n`;
  }
  return [
    '',
    `  heddle ${version}  ready in ${start}`,
    '',
    `  ➜  Local:    ${server.url}`,
    `  ➜  Serving:  ${target}`,
    ...(hint === '' ? [] : [`               ${hint}`]),
    ...(server.admin === undefined ? [] : [`  ➜  Admin:    ${server.admin}`]),
    `  ➜  Threads:  ${count} (${why})`,
    '',
    '',
  ].join('\n');
}
