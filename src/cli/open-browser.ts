import { spawn } from 'node:child_process';
import type { Server } from '#server/running-server.ts';

/** What opens a URL, by system. */
const OPENERS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', '""'],
};

/**
 * Opens the page of a server in a browser, and waits for nothing. Where none can be started a line says so: the server serves
 * all the same.
 * @param server whose page it is
 */
export function openInBrowser({ url, address }: Pick<Server, 'url' | 'address'>): void {
  if (address.path !== undefined) {
    console.error(
      'heddle: --open: a browser cannot connect to a Unix domain socket. Leave it out, or give a port.',
    );
    return;
  }
  const { BROWSER } = process.env;
  const [program, ...before] = BROWSER ? ([BROWSER] as const) : (OPENERS[process.platform] ?? ['xdg-open']);
  const child = spawn(program, [...before, url], { stdio: 'ignore', detached: true });
  child.on('error', () =>
    console.error(`heddle: --open: ${program} cannot be started. Open ${url} yourself.`),
  );
  child.unref();
}
