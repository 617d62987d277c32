import { OPTION_NAMES, type OptionName, readOption, SERVE_OPTIONS, type Settings } from './serve-options.ts';

/** Values for some options, and where they were given. */
export interface OptionLayer {
  /** Names the source of one option's value in messages. */
  readonly origin: (name: OptionName) => string;
  /** The values; `undefined` counts as not given. */
  readonly values: Readonly<Partial<Record<OptionName, unknown>>>;
}

/** The settled values, and the origin of each. */
export interface SettledConfig {
  /** A value for every option. */
  readonly settings: Settings;
  /** Where each value came from; `default` where nobody gave one. */
  readonly origins: Readonly<Record<OptionName, string>>;
}

/**
 * Settles every option: the first layer that gives a value wins.
 * @param layers in the order of precedence
 * @throws {HeddleError} `ERR_HEDDLE_OPTION` for a value that an option cannot have, even where a stronger layer
 *   hides it
 */
export function settleConfig(layers: readonly OptionLayer[]): SettledConfig {
  const settings: Partial<Record<OptionName, Settings[OptionName]>> = {};
  const origins: Partial<Record<OptionName, string>> = {};
  for (const name of OPTION_NAMES) {
    settings[name] = SERVE_OPTIONS[name].default;
    origins[name] = 'default';
    for (const layer of layers.toReversed()) {
      const value = layer.values[name];
      if (value === undefined) continue;
      origins[name] = layer.origin(name);
      settings[name] = readOption(name, value, origins[name]);
    }
  }
  return { settings: settings as Settings, origins: origins as Record<OptionName, string> };
}

/**
 * The options that the environment sets, as it is when they are read. An empty variable counts as not set.
 * @param environment such as `process.env`
 */
export function environmentLayer(environment: Readonly<Record<string, string | undefined>>): OptionLayer {
  const values: Partial<Record<OptionName, unknown>> = {};
  for (const name of OPTION_NAMES) {
    const { env } = SERVE_OPTIONS[name];
    Object.defineProperty(values, name, { enumerable: true, get: () => environment[env] || undefined });
  }
  return { origin: (name) => `$${SERVE_OPTIONS[name].env}`, values };
}

/**
 * The options among the members of an object, such as the options of `serve()` or an app module's export.
 * @param source any object
 * @param place named in messages: `app.ts`
 */
export function objectLayer(source: object, place: string): OptionLayer {
  const members = source as Readonly<Partial<Record<OptionName, unknown>>>;
  const values: Partial<Record<OptionName, unknown>> = {};
  for (const name of OPTION_NAMES) if (members[name] !== undefined) values[name] = members[name];
  return { origin: (name) => `${name} in ${place}`, values };
}
