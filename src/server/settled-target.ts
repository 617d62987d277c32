import { readAccounts } from './accounts.ts';
import { type FolderPlan, planFolder } from './folder-plan.ts';
import type { ServedTarget } from './generation-host.ts';
import type { ModuleOptions } from './module-options.ts';
import type { Settings } from './serve-options.ts';
import { objectLayer, settleConfig } from './server-config.ts';

/** What is served, when the app has told its options. */
export interface SettledTarget {
  /** A value for every option. */
  readonly settings: Settings;
  /** The folder, if there is one. */
  readonly folder: FolderPlan | undefined;
  /** Who has a password, as the text of a file; `undefined` where nobody needs one. */
  readonly accounts: string | undefined;
  /** The URL of the tasks module, if there is one. */
  readonly tasks: string | undefined;
}

/**
 * Settles what is served: what the caller said goes before what the app's module says.
 * @param target what the caller said
 * @param told what the module says
 * @throws {HeddleError} `ERR_HEDDLE_OPTION`, `ERR_HEDDLE_SERVE_JSON`, `ERR_HEDDLE_ACCOUNTS`
 */
export function settleTarget(target: ServedTarget, told: ModuleOptions): SettledTarget {
  const { above, below, app } = target;
  const module = objectLayer(told.values, app === undefined ? 'the options' : app.pathname);
  const config = settleConfig([...above, module, ...below]);
  const root = target.staticRoot ?? told.staticRoot;
  return {
    settings: config.settings,
    folder: root === undefined ? undefined : planFolder(root, config),
    accounts: config.settings.auth === '' ? undefined : readAccounts(config.settings.auth),
    tasks: target.tasks?.href ?? told.tasks,
  };
}
