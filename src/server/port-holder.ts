import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** A process that listens on a port. */
export interface PortHolder {
  readonly pid: number;
  /** The command line it was started with, without the folder of the program, cut to 60 characters. */
  readonly command: string;
}

/**
 * A machine with very many processes is not searched to the end: the answer is an extra of an error message. In
 * milliseconds of CPU, since a busy machine needs longer for the same.
 */
const SEARCH_BUDGET_MS = 250;
/** `TCP_LISTEN` in the `st` column of `/proc/net/tcp`. */
const LISTEN_STATE = '0A';
const MAX_COMMAND_LENGTH = 60;

/** One row of `/proc/net/tcp` in the state LISTEN. */
export interface ListeningRow {
  /** The local address as the table writes it: hexadecimal, in the byte order of the machine. */
  readonly address: string;
  readonly inode: string;
}

/**
 * The process that listens on a TCP port of this machine.
 * @returns undefined if it belongs to another user, if several addresses have a listener on that port, or where
 * there is no `/proc`
 */
export function findPortHolder(port: number): PortHolder | undefined {
  const rows = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningRows(readText(table), port));
  // With several addresses any of them may be the one in the way: rather no name than a wrong one.
  if (new Set(rows.map((row) => row.address)).size !== 1) return undefined;
  const targets = new Set(rows.map((row) => `socket:[${row.inode}]`));
  const before = process.threadCpuUsage();
  for (const pid of list('/proc')) {
    const { user, system } = process.threadCpuUsage(before);
    if (user + system > 1000 * SEARCH_BUDGET_MS) return undefined;
    if (!/^\d+$/.test(pid) || !holdsOneOf(pid, targets)) continue;
    return { pid: Number(pid), command: commandOf(pid) };
  }
  return undefined;
}

/**
 * The sockets that listen on a port.
 * @param table the content of `/proc/net/tcp` or `/proc/net/tcp6`, see proc_pid_net(5)
 */
export function listeningRows(table: string, port: number): ListeningRow[] {
  const rows: ListeningRow[] = [];
  for (const line of table.split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/);
    const [, local = '', , state] = columns;
    const [address = '', portInHex = ''] = local.split(':');
    const inode = columns[9];
    if (state !== LISTEN_STATE || inode === undefined || Number.parseInt(portInHex, 16) !== port) continue;
    rows.push({ address, inode });
  }
  return rows;
}

function holdsOneOf(pid: string, targets: ReadonlySet<string>): boolean {
  return list(`/proc/${pid}/fd`).some((fd) => {
    try {
      return targets.has(readlinkSync(`/proc/${pid}/fd/${fd}`));
    } catch {
      return false;
    }
  });
}

function commandOf(pid: string): string {
  // Not `comm`: every Node process is called "MainThread" there.
  const [program = '', ...rest] = readText(`/proc/${pid}/cmdline`).split('\0');
  const command = [basename(program), ...rest].join(' ').trim();
  if (command === '') return 'a process';
  return command.length > MAX_COMMAND_LENGTH ? `${command.slice(0, MAX_COMMAND_LENGTH - 1)}…` : command;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
