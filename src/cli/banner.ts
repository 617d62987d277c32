import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import type { Server } from '#server/running-server.ts';
import { SERVE_JSON } from '#server/serve-json.ts';

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
  if (folder === undefined || (listing && !single)) return '';
  // By a serve.json the root may be another folder, or another page, or a listing.
  if (['index.html', SERVE_JSON].some((name) => existsSync(join(folder, name)))) return '';
  const app = APPS.map((name) => join(folder, name)).find((path) => existsSync(path));
  if (app !== undefined) return `there is no index.html in it; an app is served by its name: heddle ${app}`;
  return single
    ? 'there is no index.html in it'
    : 'there is no index.html in it; --listing shows what there is';
}

/** What an app's module is mostly called: in its folder `heddle` alone serves that folder. */
const APPS: readonly string[] = ['app', 'server', 'index', 'main'].flatMap((name) =>
  ['.ts', '.js', '.mts', '.mjs'].map((ending) => name + ending),
);

/**
 * The line for a log that says where the admin endpoint answers, printed when it does; for a person the banner has it.
 * @param url of the endpoint
 */
export function formatAdminLine(url: string): string {
  return `heddle: admin on ${url}\n`;
}

/** Who reads the banner. */
export interface BannerReader {
  /** Whether it is a person at a terminal; else it is a log. */
  readonly isTerminal: boolean;
  /** Whether colours are wanted. */
  readonly hasColours: boolean;
}

/**
 * The text that a started server prints: some lines for a person at a terminal, one plain line for a log.
 * @param facts what to tell
 * @param reader who reads it
 * @param interfaces of the machine
 */
export function formatBanner(
  facts: BannerFacts,
  { isTerminal, hasColours }: BannerReader,
  interfaces: Interfaces = networkInterfaces(),
): string {
  const { version, target, server, startMs, hint } = facts;
  const { count, reason } = server.threads;
  const threads = `${count} ${count === 1 ? 'thread' : 'threads'}`;
  const why = server.settings.threads === 'auto' ? reason : 'as asked';
  const start = `${Math.round(startMs)} ms`;
  if (!isTerminal) {
    const serving = `heddle: serving ${target} on ${server.url} (${threads}: ${why}; ready in ${start})\n`;
    return hint === '' ? serving : `${serving}heddle: serving ${target}: ${hint}\n`;
  }
  const style = hasColours
    ? (format: Style, text: string): string => styleText(format, text, { validateStream: false })
    : (_: Style, text: string): string => text;
  const line = (name: string, text: string): string =>
    `  ${style('green', '➜')}  ${style('bold', `${name}:`.padEnd(10))}${text}`;
  const network = networkUrls(server, interfaces);
  return [
    '',
    `  ${style('bold', 'heddle')} ${version}  ${style('dim', `ready in ${start}`)}`,
    '',
    line('Local', style('cyan', server.url)),
    ...network.map((url) => line('Network', style('cyan', url))),
    ...(network.length > 0 || server.address.path !== undefined
      ? []
      : [line('Network', style('dim', 'use --host to let others in'))]),
    line('Serving', target),
    ...(hint === '' ? [] : [`               ${hint}`]),
    ...(server.admin === undefined ? [] : [line('Admin', style('cyan', server.admin))]),
    line('Threads', `${count} ${style('dim', `(${why})`)}`),
    '',
    '',
  ].join('\n');
}

type Style = 'green' | 'bold' | 'dim' | 'cyan';
type Interfaces = ReturnType<typeof networkInterfaces>;

/** All interfaces, in both families. */
const EVERYWHERE: readonly string[] = ['0.0.0.0', '::'];

/** By which URLs others can reach it. */
function networkUrls({ url, address }: Pick<Server, 'url' | 'address'>, interfaces: Interfaces): string[] {
  const { host, port, path } = address;
  if (path !== undefined) return [];
  const others = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal }) => !internal);
  if (!EVERYWHERE.includes(host)) return others.some((one) => one.address === host) ? [url] : [];
  // By IPv4: an address that a person can type into a telephone.
  return others.filter(({ family }) => family === 'IPv4').map((one) => `http://${one.address}:${port}/`);
}
