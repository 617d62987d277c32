import type { Log } from '#observe/log.ts';
import type { OptionName, Settings } from './serve-options.ts';

/** Options that hold for the life of the process: the sockets are bound, one for each thread. */
const FIXED_OPTIONS = ['hostname', 'port', 'socket', 'socketMode', 'threads', 'accessLog'] as const;
FIXED_OPTIONS satisfies readonly OptionName[];

/**
 * Keeps the options that only a restart can change, and warns of those that were changed without effect.
 * @param settings as the app has them now
 * @param inForce as they were settled before; `undefined` at the start
 * @param log where it is warned
 */
export function keepFixedOptions(settings: Settings, inForce: Settings | undefined, log: Log): Settings {
  if (inForce === undefined) return settings;
  const changed = FIXED_OPTIONS.filter((name) => settings[name] !== inForce[name]).map(
    (name) => `${name} (${describe(settings[name])} instead of ${describe(inForce[name])})`,
  );
  if (changed.length > 0)
    log.write('warning', `changed without effect until a restart: ${changed.join(', ')}`);
  const kept = Object.fromEntries(FIXED_OPTIONS.map((name) => [name, inForce[name]]));
  return { ...settings, ...kept } as Settings;
}

function describe(value: string | number | boolean): string {
  return value === '' ? 'none' : String(value);
}
