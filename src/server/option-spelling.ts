import { nearestWord } from './nearest-word.ts';
import { OPTION_NAMES, type OptionName, SERVE_OPTIONS } from './serve-options.ts';

/** By what a flag is called in code at first thought: `--max-body` is `maxBodyBytes`. */
const BY_FLAG: ReadonlyMap<string, OptionName> = new Map(
  OPTION_NAMES.map((name) => {
    const flag = /--([a-z-]+)/.exec(SERVE_OPTIONS[name].flag)?.[1] ?? '';
    return [flag.replaceAll('-', ''), name] as const;
  }),
);

/**
 * The option that is meant by a name that there is not: one written as its flag, or misspelt.
 * @param name as it stands in code
 * @returns `undefined` where it is like none
 */
export function optionMeant(name: string): OptionName | undefined {
  const plain = name.replaceAll(/[-_]/g, '').toLowerCase();
  return (
    OPTION_NAMES.find((other) => other.toLowerCase() === plain) ??
    BY_FLAG.get(plain) ??
    (nearestWord(name, OPTION_NAMES) as OptionName | undefined)
  );
}
