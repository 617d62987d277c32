import type { CompletionsArguments } from './arguments.ts';
import { bashCompletion } from './bash-completion.ts';
import { type CommandWords, completionWords } from './completion-words.ts';
import { fishCompletion } from './fish-completion.ts';
import { zshCompletion } from './zsh-completion.ts';

const SCRIPTS: Readonly<
  Record<CompletionsArguments['shell'], (commands: readonly CommandWords[]) => string>
> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/**
 * Prints the script by which a shell completes the arguments of heddle.
 * @param args which shell
 * @returns the exit code
 */
export function printCompletions({ shell }: CompletionsArguments): number {
  process.stdout.write(SCRIPTS[shell](completionWords()));
  return 0;
}
