import { existsSync, statSync } from 'node:fs';
import { Option } from 'commander';
import { HeddleError } from '#observe/heddle-error.ts';
import { OPTION_SECTIONS } from '#server/option-sections.ts';
import { showValue } from '#server/option-values.ts';
import { OPTION_NAMES, type OptionName, SERVE_OPTIONS } from '#server/serve-options.ts';
import type { OptionLayer } from '#server/server-config.ts';

/** What flags stand for that are given without their value. */
const ALONE: Readonly<Partial<Record<OptionName, string>>> = {
  // Those of IPv4 too; where there is no IPv6, those of IPv4 alone.
  hostname: '::',
  admin: '127.0.0.1:7879',
  cors: '*',
  accessLog: '-',
};

/** Kinds whose flags may be given several times. */
const TAKEN_TOGETHER: ReadonlySet<string> = new Set(['cache', 'fields']);

/** Under what each option stands in `--help`. */
const TITLES: ReadonlyMap<OptionName, string> = new Map(
  OPTION_SECTIONS.flatMap(({ title, names }) => names.map((name) => [name, title] as const)),
);

/** What the parser has read, by its own names. */
export type Given = Readonly<Record<string, unknown>>;

/**
 * Flags of the table of options, for the parser: each, and behind it what puts it off where it can be.
 * @param names of the options
 */
export function flagOptions(names: readonly OptionName[]): Option[] {
  return names.flatMap((name) => {
    const { kind, flag, about, default: value, env } = SERVE_OPTIONS[name];
    const option = new Option(flag, `${about} (default: ${showValue(kind, value)}; $${env})`);
    option.helpGroup(`${TITLES.get(name)}:`);
    const off = offFlag(name);
    return [
      TAKEN_TOGETHER.has(kind) ? option.argParser(collect) : option,
      ...(off === undefined ? [] : [new Option(off).hideHelp()]),
    ];
  });
}

/**
 * The flag that puts an option off which is on elsewhere: of a switch, and of what has a value where its flag stands alone.
 * @returns `undefined` where there is none
 */
export function offFlag(name: OptionName): string | undefined {
  const { kind, default: value } = SERVE_OPTIONS[name];
  const canBeOff = kind === 'switch' || (ALONE[name] !== undefined && value === '');
  return canBeOff ? `--no-${parsed(name).long?.slice(2)}` : undefined;
}

/** Takes one more value of a flag. A parser's `false` stands for none so far. */
export function collect(value: string, before: readonly string[] | false | undefined): string[] {
  return [...(before || []), value];
}

/**
 * The options that flags set.
 * @param given what the parser has read
 */
export function flagLayer(given: Given): OptionLayer {
  const values: Partial<Record<OptionName, unknown>> = {};
  for (const name of OPTION_NAMES) {
    const value = givenFor(name, given);
    if (value !== undefined) values[name] = settled(name, value);
  }
  return {
    origin: (name) => (givenFor(name, given) === false ? offFlag(name) : parsed(name).long) ?? name,
    values,
  };
}

function settled(name: OptionName, value: unknown): unknown {
  if (value === true) return ALONE[name] ?? value;
  return value === false && SERVE_OPTIONS[name].kind !== 'switch' ? '' : value;
}

/**
 * In `heddle --host ./public` the folder is the value of the flag, and nothing is named that could be served. A log would be
 * written to the end of an app.
 * @param given what the parser has read, without a target
 * @throws {HeddleError} `ERR_HEDDLE_USAGE`
 */
export function refuseSwallowedTarget(given: Given): void {
  for (const name of Object.keys(ALONE) as OptionName[]) {
    const { long } = parsed(name);
    const value = givenFor(name, given);
    if (typeof value !== 'string' || !isTarget(value)) continue;
    throw new HeddleError(
      'ERR_HEDDLE_USAGE',
      `${long} has taken "${value}" for its value. What is served stands first: heddle ${value} ${long}.`,
    );
  }
}

function givenFor(name: OptionName, given: Given): unknown {
  return given[parsed(name).attributeName()];
}

/** Whether it is there and could be served; there may be a folder for each host. */
function isTarget(path: string): boolean {
  if (path === 'localhost' || !existsSync(path)) return false;
  return statSync(path).isDirectory() || /\.[cm]?[jt]s$/.test(path);
}

/** The flag of an option as the parser sees it, which knows its long spelling and where its value is kept. */
function parsed(name: OptionName): Option {
  return new Option(SERVE_OPTIONS[name].flag);
}
