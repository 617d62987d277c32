import type { Argument, Command, Option } from 'commander';
import { OPTION_NAMES, SERVE_OPTIONS } from '#server/serve-options.ts';
import { makeProgram } from './args.ts';

/** What a shell may offer in one place: paths, words of a list, or nothing. */
export interface Offer {
  /** Whether paths fit. */
  readonly files: boolean;
  /** Words that fit. */
  readonly words: readonly string[];
}

/** A flag. */
export interface FlagWords {
  /** Its spellings, such as `-p` and `--port`. */
  readonly spellings: readonly string[];
  /** What it does. */
  readonly about: string;
  /** Its value; `undefined` where it takes none. */
  readonly value: (Offer & { readonly name: string; readonly optional: boolean }) | undefined;
  /** Whether it may be given several times. */
  readonly repeats: boolean;
}

/** A command. */
export interface CommandWords {
  /** Its name; empty for the one without. */
  readonly name: string;
  /** What it does. */
  readonly about: string;
  readonly flags: readonly FlagWords[];
  /** Its arguments in order. */
  readonly places: readonly (Offer & { readonly name: string })[];
}

/** Arguments that are paths. */
const PATHS: ReadonlySet<string> = new Set(['target', 'app']);
const HELP: FlagWords = {
  spellings: ['-h', '--help'],
  about: 'display help',
  value: undefined,
  repeats: false,
};

/** Every command, the one without a name first. */
export function completionWords(): readonly CommandWords[] {
  const program = makeProgram('', () => undefined);
  return [
    commandWords(program, ''),
    ...program.commands.map((command) => commandWords(command, command.name())),
  ];
}

function commandWords(command: Command, name: string): CommandWords {
  return {
    name,
    about: command.description(),
    // What puts one off is seldom wanted, and would stand between all others.
    flags: [...command.options.filter(({ negate, hidden }) => !(negate && hidden)).map(flagWords), HELP],
    places: command.registeredArguments.map(place),
  };
}

function place(argument: Argument): CommandWords['places'][number] {
  const name = argument.name();
  return { name, files: PATHS.has(name), words: argument.argChoices ?? [] };
}

function flagWords(option: Option): FlagWords {
  const spellings = [option.short, option.long].filter((flag) => typeof flag === 'string');
  const name = /[<[](.+)[>\]]$/.exec(option.flags)?.[1];
  const value = name === undefined ? undefined : { name, optional: option.optional, ...valueOffer(option) };
  // What the defaults are, --help says.
  const about = option.description.replace(/ \(default: [^)]*\)$/, '');
  return { spellings, about, value, repeats: option.parseArg !== undefined };
}

/** By the table of options, where the flag stands there. */
function valueOffer({ flags }: Option): Offer {
  const name = OPTION_NAMES.find((one) => SERVE_OPTIONS[one].flag === flags);
  const kind = name === undefined ? undefined : SERVE_OPTIONS[name].kind;
  return {
    files: kind === undefined ? flags.includes('<path>') : kind === 'path',
    words: kind === 'threads' ? ['auto'] : kind === 'mode' ? ['umask'] : [],
  };
}
