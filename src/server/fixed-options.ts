import type { OptionName, Settings } from './serve-options.ts';

/** Options that hold for the life of the process: the sockets are bound, one for each thread. */
const FIXED_OPTIONS = ['hostname', 'port', 'socket', 'socketMode', 'threads', 'accessLog'] as const;
FIXED_OPTIONS satisfies readonly OptionName[];

/** What a reload makes of newly settled options. */
export interface KeptOptions {
  /** The new options, but those that are fixed as they were. */
  readonly settings: Settings;
  /** What was changed without effect, one phrase each: `port (8080 instead of 7878)`. */
  readonly changed: readonly string[];
}

/**
 * Keeps the options that only a restart can change.
 * @param settings as the app has them now
 * @param inForce as they were settled before
 */
export function keepFixedOptions(settings: Settings, inForce: Settings): KeptOptions {
  const changed = FIXED_OPTIONS.filter((name) => settings[name] !== inForce[name]);
  const kept = Object.fromEntries(FIXED_OPTIONS.map((name) => [name, inForce[name]]));
  return {
    settings: { ...settings, ...kept } as Settings,
    changed: changed.map(
      (name) => `${name} (${describe(settings[name])} instead of ${describe(inForce[name])})`,
    ),
  };
}

function describe(value: string | number | boolean): string {
  return value === '' ? 'none' : String(value);
}
