import type { CommandWords, FlagWords, Offer } from './completion-words.ts';

/**
 * The script for zsh.
 * @param commands what there is to complete
 */
export function zshCompletion(commands: readonly CommandWords[]): string {
  const named = commands.filter(({ name }) => name !== '');
  return `#compdef heddle
# Completions of heddle for zsh. In ~/.zshrc, behind compinit: source <(heddle completions zsh)

_heddle() {
  # The name of a command stands first, or nowhere.
  local command=
  if ((CURRENT > 2)); then
    case $words[2] in
      ${named.map(({ name }) => name).join(' | ')})
        command=$words[2]
        shift words
        ((CURRENT--))
        ;;
    esac
  fi
  case $command in
${commands.map(section).join('\n')}
  esac
}

_heddle_first() {
  local -a commands=(
${named.map(({ name, about }) => `    ${quoted(`${name}:${about}`)}`).join('\n')}
  )
  ((CURRENT == 2)) && _describe -t commands command commands
  _files
}

# As a file of $fpath it is run, as a script it is only read.
if [[ $funcstack[1] == _heddle ]]; then _heddle "$@"; else compdef _heddle heddle; fi
`;
}

function section({ name, flags, places }: CommandWords): string {
  const specs = [
    ...flags.flatMap(flagSpecs),
    ...places.map((place, at) =>
      quoted(`${at + 1}:${escaped(place.name)}:${name === '' ? '_heddle_first' : action(place)}`),
    ),
  ];
  return `    '${name}')\n      _arguments -s \\\n        ${specs.join(' \\\n        ')}\n      ;;`;
}

/** One for each spelling, which excludes the others. */
function flagSpecs({ spellings, about, value, repeats }: FlagWords): string[] {
  const others = repeats ? '*' : `(${spellings.join(' ')})`;
  const optional = value?.optional === true;
  return spellings.map((spelling) => {
    // A value behind a sign of equality or in the next word; an optional one may be left out.
    const joint = value === undefined ? '' : spelling.startsWith('--') ? '=' : '+';
    const ending =
      value === undefined ? '' : `:${optional ? ':' : ''}${escaped(value.name)}:${action(value)}`;
    return quoted(`${others}${spelling}${joint}[${escaped(about)}]${ending}`);
  });
}

function action({ files, words }: Offer): string {
  if (files) return '_files';
  return words.length === 0 ? ' ' : `(${words.join(' ')})`;
}

function escaped(text: string): string {
  return text.replace(/[\\[\]:]/g, '\\$&');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
