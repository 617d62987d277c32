import { errorReply } from '#exchange/error-reply.ts';
import type { Handler } from '#exchange/handler.ts';
import { parseAccounts } from '#static/account-lines.ts';
import { requirePassword } from '#static/basic-auth.ts';
import type { CompressedContents } from '#static/compressed-contents.ts';
import { createStaticHandler } from '#static/static-handler.ts';
import type { FolderPlan } from './folder-plan.ts';
import type { Settings } from './serve-options.ts';
import { type HostPlan, plainName } from './virtual-hosts.ts';

/** What the folders of a thread share. */
export interface FolderEquipment {
  /** All options. */
  readonly settings: Settings;
  /** Where their files are compressed. */
  readonly compressed: CompressedContents | undefined;
}

/**
 * A folder as a handler.
 * @param folder how it is served
 * @param isLast whether it answers what it has no file for, too
 * @param equipment of the thread
 */
export function folderHandler(folder: FolderPlan, isLast: boolean, equipment: FolderEquipment): Handler {
  const { settings, compressed } = equipment;
  const { fileCacheBytes } = settings;
  return createStaticHandler({ ...folder, notFoundPage: isLast, fileCacheBytes, compressed });
}

/**
 * Asks for a password before a handler.
 * @param handler behind it
 * @param text of the file of accounts; `undefined` where nobody needs a password
 */
export function behindPassword(handler: Handler, text: string | undefined): Handler {
  if (text === undefined) return handler;
  const accounts = parseAccounts(text);
  // Never without a password that was asked for.
  if (typeof accounts === 'number') throw new Error(`Line ${accounts} of the accounts cannot be read.`);
  return requirePassword(handler, accounts, 'heddle');
}

/**
 * Gives each request to the virtual host that it asks for: by its name, or by the nearest `*.` above it.
 * @param hosts of the server
 * @param others what answers for all other hosts; `undefined` where nothing does: they get 421 (RFC9110§15.5.20)
 * @param equipment of the thread
 */
export function hostHandler(
  hosts: readonly HostPlan[],
  others: Handler | undefined,
  equipment: FolderEquipment,
): Handler {
  if (hosts.length === 0) return others ?? misdirected;
  const byName = new Map<string, Handler>();
  for (const { names, folder, accounts } of hosts) {
    const handler = behindPassword(folderHandler(folder, true, equipment), accounts);
    for (const name of names) byName.set(name, handler);
  }
  const rest = others ?? misdirected;
  return (request) => (find(byName, plainName(request.authority)) ?? rest)(request);
}

function find(byName: ReadonlyMap<string, Handler>, name: string): Handler | undefined {
  const exact = byName.get(name);
  if (exact !== undefined || name.length > LONGEST_NAME) return exact;
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const above = byName.get(`*${name.slice(dot)}`);
    if (above !== undefined) return above;
  }
  return undefined;
}

/** No host has a longer one (RFC1035§2.3.4); one of thousands of labels would be looked up as often. */
const LONGEST_NAME = 255;

const misdirected: Handler = () => errorReply(421);
