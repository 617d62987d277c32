import { fileURLToPath } from 'node:url';
import { refuseVainLimit } from './client-limit.ts';
import type { ServedTarget } from './generation-host.ts';
import type { ModuleOptions } from './module-options.ts';
import type { Settings } from './serve-options.ts';
import { planServed, type ServedPlan } from './served-plan.ts';
import { objectLayer, settleConfig } from './server-config.ts';

/** What is served, when the app has told its options. */
export interface SettledTarget {
  /** A value for every option. */
  readonly settings: Settings;
  /** What is served beside the app. */
  readonly served: ServedPlan;
  /** The URL of the tasks module, if there is one. */
  readonly tasks: string | undefined;
}

/**
 * Settles what is served: what the caller said goes before what the app's module says.
 * @param target what the caller said
 * @param told what the module says
 * @throws {HeddleError} `ERR_HEDDLE_OPTION`, and what {@link planServed} throws
 */
export function settleTarget(target: ServedTarget, told: ModuleOptions): SettledTarget {
  const { flags, above, below, app } = target;
  const module = objectLayer(told.values, app === undefined ? 'the options' : app.pathname);
  const config = settleConfig([...above, module, ...below]);
  refuseVainLimit(config.settings);
  const root = target.staticRoot ?? told.staticRoot;
  return {
    settings: config.settings,
    served: planServed(
      { root, config },
      {
        hosts: target.virtualHosts(told.virtualHosts),
        above: flags,
        below: [...above, module, ...below],
      },
      ownFiles(target, told),
    ),
    tasks: target.tasks?.href ?? told.tasks,
  };
}

/** What runs the server: a folder that it lies in is not meant to show it. */
function ownFiles({ app, tasks, configFile }: ServedTarget, told: ModuleOptions): string[] {
  const modules = [app?.href, tasks?.href, told.tasks].filter((url) => url?.startsWith('file:'));
  return [
    ...modules.map((url) => fileURLToPath(url as string)),
    ...(configFile === undefined ? [] : [configFile]),
  ];
}
