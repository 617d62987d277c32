import type { CommandWords, FlagWords, Offer } from './completion-words.ts';

/**
 * The script for bash, from 3.2 on, which macOS has.
 * @param commands what there is to complete
 */
export function bashCompletion(commands: readonly CommandWords[]): string {
  const flags = commands.flatMap((command) => command.flags);
  const named = commands.map(({ name }) => name).filter((name) => name !== '');
  return `# Completions of heddle for bash. In ~/.bashrc: eval "$(heddle completions bash)"

_heddle() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} command= place=0 is_value= at
  COMPREPLY=()
  # The rest of an address or a field, which bash takes for a word.
  if [[ $word == : || $before == : ]]; then return; fi
  # bash makes three words of --flag=value.
  if [[ $word == = ]]; then
    word= is_value=1
  elif [[ $before == = ]]; then
    before=\${COMP_WORDS[COMP_CWORD - 2]} is_value=1
  fi
  for ((at = 1; at < COMP_CWORD; at++)); do
    case \${COMP_WORDS[at]} in
      # What follows belongs to the word before.
      [=:]) ((at++)) ;;
      -*) ;;
      *)
        if ((at == 1)) && [[ ' ${named.join(' ')} ' == *" \${COMP_WORDS[1]} "* ]]; then
          command=\${COMP_WORDS[1]}
        elif ! _heddle_takes_value "\${COMP_WORDS[at - 1]}"; then
          place=$((place + 1))
        fi
        ;;
    esac
  done
  if [[ $word == -* && -z $is_value ]]; then
    case $command in
${commands.map(flagsOf).join('\n')}
    esac
  elif [[ -n $is_value ]] || _heddle_takes_value "$before"; then
    case $before in
${values(flags).join('\n')}
    esac
  else
    case "$command $place" in
${commands.flatMap(places).join('\n')}
    esac
    if ((COMP_CWORD == 1)); then _heddle_offer -W '${named.join(' ')}'; fi
  fi
}

_heddle_takes_value() {
  case $1 in
    ${spellingsOf(flags.filter(({ value }) => value !== undefined))}) return 0 ;;
  esac
  return 1
}

_heddle_offer() {
  local found
  # Folders get their slash, and names with blanks their quotes.
  if [[ $1 == -f ]]; then compopt -o filenames 2>/dev/null; fi
  while IFS= read -r found; do COMPREPLY+=("$found"); done < <(compgen "$@" -- "$word")
}

complete -F _heddle heddle
`;
}

function flagsOf({ name, flags }: CommandWords): string {
  const spellings = flags.flatMap((flag) => flag.spellings);
  return `      '${name}') _heddle_offer -W '${spellings.join(' ')}' ;;`;
}

/** Flags that take the same, together; those whose value is anything are left out. */
function values(flags: readonly FlagWords[]): string[] {
  const byOffer = Map.groupBy(flags, ({ value }) => (value === undefined ? '' : offer(value)));
  return [...byOffer].flatMap(([how, like]) => (how === '' ? [] : [`      ${spellingsOf(like)}) ${how} ;;`]));
}

function places({ name, places }: CommandWords): string[] {
  return places.flatMap((place, at) => {
    const how = offer(place);
    return how === '' ? [] : [`      '${name} ${at}') ${how} ;;`];
  });
}

function offer({ files, words }: Offer): string {
  if (files) return '_heddle_offer -f';
  return words.length === 0 ? '' : `_heddle_offer -W '${words.join(' ')}'`;
}

function spellingsOf(flags: readonly FlagWords[]): string {
  return [...new Set(flags.flatMap(({ spellings }) => spellings))].join(' | ');
}
