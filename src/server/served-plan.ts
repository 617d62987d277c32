import { readAccounts, refuseServedAccounts } from './accounts.ts';
import { type FolderPlan, hideFiles, planFolder } from './folder-plan.ts';
import type { OptionLayer, SettledConfig } from './server-config.ts';
import { type HostPlan, planHosts, type VirtualHost } from './virtual-hosts.ts';

/** What is served beside the app, as threads have it: plain values. */
export interface ServedPlan {
  /** The folder, if there is one. */
  readonly folder: FolderPlan | undefined;
  /** Who has a password for folder and app, as the text of a file; `undefined` where nobody needs one. */
  readonly accounts: string | undefined;
  /** The virtual hosts. */
  readonly hosts: readonly HostPlan[];
}

/** Virtual hosts, and what goes before and behind their own options. */
export interface HostsToPlan {
  readonly hosts: readonly VirtualHost[];
  readonly above: readonly OptionLayer[];
  readonly below: readonly OptionLayer[];
}

/**
 * Plans what is served: reads what belongs to folders, and checks it.
 * @param main the folder for hosts that are not virtual, and what is settled for it
 * @param others the virtual hosts
 * @param ownFiles absolute paths of what belongs to the server: its config, modules. They are not served
 * @throws {HeddleError} `ERR_HEDDLE_SERVE_JSON`, `ERR_HEDDLE_ACCOUNTS`, `ERR_HEDDLE_VIRTUAL_HOST`, `ERR_HEDDLE_NO_TARGET`
 */
export function planServed(
  main: { readonly root: string | undefined; readonly config: SettledConfig },
  { hosts, above, below }: HostsToPlan,
  ownFiles: readonly string[] = [],
): ServedPlan {
  const { root, config } = main;
  const { auth } = config.settings;
  const plan = {
    folder: root === undefined ? undefined : planFolder(root, config),
    accounts: auth === '' ? undefined : readAccounts(auth),
    hosts: planHosts(hosts, above, below),
  };
  const folders = [plan.folder, ...plan.hosts.map(({ folder }) => folder)];
  const roots = folders.flatMap((folder) => folder?.root ?? []);
  const files = [auth, ...hosts.map((host) => host.auth ?? '')];
  for (const file of files) if (file !== '') refuseServedAccounts(file, roots);
  return {
    ...plan,
    folder: plan.folder === undefined ? undefined : hideFiles(plan.folder, ownFiles),
    hosts: plan.hosts.map((host) => ({ ...host, folder: hideFiles(host.folder, ownFiles) })),
  };
}
