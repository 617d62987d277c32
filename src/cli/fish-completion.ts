import type { CommandWords, FlagWords, Offer } from './completion-words.ts';

/**
 * The script for fish.
 * @param commands what there is to complete
 */
export function fishCompletion(commands: readonly CommandWords[]): string {
  const named = commands.filter(({ name }) => name !== '');
  return `# Completions of heddle for fish. In a file: heddle completions fish > ~/.config/fish/completions/heddle.fish

# Whether this is that command, and, where it is given, at that place: how many arguments stand before.
function __heddle_is
    set -l words (commandline -opc)[2..-1]
    set -l command ''
    if contains -- "$words[1]" ${named.map(({ name }) => name).join(' ')}
        set command $words[1]
        set -e words[1]
    end
    test "$command" = "$argv[1]"; or return 1
    set -q argv[2]; or return 0
    set -l place 0
    set -l before ''
    for word in $words
        if not string match -q -- '-*' $word; and not __heddle_takes_value $before
            set place (math $place + 1)
        end
        set before $word
    end
    test $place -eq $argv[2]
end

function __heddle_takes_value
    contains -- "$argv[1]" ${takers(commands).join(' ')}
end

complete -c heddle -f
${named.map(({ name, about }) => `complete -c heddle -n "__heddle_is '' 0" -a ${name} -d ${quoted(about)}`).join('\n')}
${commands.flatMap(section).join('\n')}
`;
}

function takers(commands: readonly CommandWords[]): string[] {
  const flags = commands.flatMap((command) => command.flags).filter(({ value }) => value !== undefined);
  return [...new Set(flags.flatMap(({ spellings }) => spellings))];
}

function section({ name, flags, places }: CommandWords): string[] {
  const here = `complete -c heddle -n "__heddle_is '${name}'`;
  return [
    ...places.flatMap((place, at) =>
      place.files || place.words.length > 0 ? [`${here} ${at}" ${offer(place)}`] : [],
    ),
    ...flags.map((flag) => `${here}" ${flagOf(flag)}`),
  ];
}

function flagOf({ spellings, about, value }: FlagWords): string {
  const names = spellings.map((flag) =>
    flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
  );
  // One that may be left out is only read behind a sign of equality here.
  const takes = value === undefined || value.optional ? [] : ['-r', offer(value)];
  return [...names, ...takes, '-d', quoted(about)].join(' ');
}

function offer({ files, words }: Offer): string {
  if (files) return '-F';
  return words.length === 0 ? '-f' : `-f -a ${quoted(words.join(' '))}`;
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
