import { fileURLToPath } from 'node:url';
import type { FoundApp } from './check-thread.ts';
import { OPTION_NAMES, type OptionName, SERVE_OPTIONS, type Settings } from './serve-options.ts';
import { environmentLayer, type OptionLayer, objectLayer, settleConfig } from './server-config.ts';
import { tryLoad } from './trial-load.ts';

/** One option as it is settled. */
export interface SettledOption {
  /** Its name in code. */
  readonly name: OptionName;
  /** Its long flag. */
  readonly flag: string;
  /** Its value. */
  readonly value: Settings[OptionName];
  /** Where the value came from; `default` where nobody gave one. */
  readonly origin: string;
}

/** Where options come from, the stronger before the weaker. */
export interface OptionSources {
  readonly flags: OptionLayer;
  /** The URL of an app module, which is loaded for what it says. */
  readonly app: URL | undefined;
  readonly config: OptionLayer | undefined;
}

/**
 * Settles every option as a server would, and tells where each value came from.
 * @param sources of options, beside the environment
 * @throws {HeddleError} `ERR_HEDDLE_OPTION`; the error by which the app's module could not be loaded
 */
export async function reportConfig({ flags, app, config }: OptionSources): Promise<SettledOption[]> {
  const below = [...(config === undefined ? [] : [config]), environmentLayer(process.env)];
  const module = app === undefined ? [] : [await moduleLayer(app, settleConfig([flags, ...below]).settings)];
  const { settings, origins } = settleConfig([flags, ...module, ...below]);
  return OPTION_NAMES.map((name) => {
    const flag = /--[a-z-]+/.exec(SERVE_OPTIONS[name].flag)?.[0] ?? '';
    return { name, flag, value: settings[name], origin: origins[name] };
  });
}

async function moduleLayer(app: URL, { startMs, threadMemoryMb: heapMb }: Settings): Promise<OptionLayer> {
  const { found, errors } = await tryLoad<FoundApp>({ module: app.href, as: 'app', startMs, heapMb });
  const [error] = errors;
  if (found === undefined) throw error ?? new Error(`${app.href} could not be loaded.`);
  return objectLayer(found.options.values, fileURLToPath(app));
}
