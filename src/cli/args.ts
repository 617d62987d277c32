import { Argument, Command, CommanderError } from 'commander';
import { HeddleError } from '#observe/heddle-error.ts';
import { OPTION_NAMES, type OptionName } from '#server/serve-options.ts';
import {
  type Arguments,
  type CheckArguments,
  type CommonArguments,
  type CompletionsArguments,
  DEPLOYMENTS,
  type FetchArguments,
  type InitArguments,
  type PasswordArguments,
  type ServeArguments,
  SHELLS,
  type TopArguments,
} from './arguments.ts';
import { stepForFlag, stepForWords } from './foreign-words.ts';
import {
  collect,
  flagLayer,
  flagOptions,
  type Given,
  offFlag,
  refuseSwallowedTarget,
} from './option-flags.ts';
import { type Environment, withVariables } from './variables.ts';

/** Options that say where a server listens and for how long, which is settled for one request. */
const NOT_FOR_FETCH: readonly OptionName[] = [
  'port',
  'hostname',
  'socket',
  'socketMode',
  'admin',
  'threads',
  'maxRequests',
  'poolLog',
  'accessLog',
  'accessLogFormat',
];

/**
 * Reads the arguments of the command.
 * @param args without the program's name
 * @param version for `--version`
 * @param environment in which flags that are no options may be set: `HEDDLE_QUIET=1`, `HEDDLE_ENV_FILE=prod.env`
 * @returns `undefined` where help or the version was asked for, and printed
 * @throws {HeddleError} `ERR_HEDDLE_USAGE`; `ERR_HEDDLE_OPTION` for a variable
 */
export function readArguments(
  args: readonly string[],
  version: string,
  environment: Environment = {},
): Arguments | undefined {
  let read: Arguments | undefined;
  const program = makeProgram(version, (found) => {
    read = found;
  });
  try {
    program.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    const command = program.commands.find((one) => one.name() === args[0]);
    throw usageError(error, command?.name());
  }
  return read === undefined ? undefined : withVariables(read, environment);
}

function usageError({ code, message }: CommanderError, command: string | undefined): HeddleError {
  const step = command === undefined ? foreignStep(code, message) : '';
  // The parser's own suggestion stands on a line of its own.
  const [what = '', suggestion = ''] = message.replace(/^error: /, '').split('\n');
  const parts = [
    `${what.replace(/\.$/, '')}.`,
    step === '' ? suggestion.replace(/^\(|\)$/g, '') : step,
    `Run "heddle ${command === undefined ? '' : `${command} `}--help" for what there is.`,
  ];
  return new HeddleError('ERR_HEDDLE_USAGE', parts.filter((part) => part !== '').join(' '));
}

function foreignStep(code: string, message: string): string {
  if (code === 'commander.unknownOption') {
    const flag = /'(-.*?)'/.exec(message)?.[1] ?? '';
    return stepForFlag(flag) || stepForSwitch(flag);
  }
  if (code !== 'commander.excessArguments') return '';
  return stepForWords((/ got \d+: (.*?)\.?$/.exec(message)?.[1] ?? '').split(', '));
}

/** A switch takes no value. */
function stepForSwitch(flag: string): string {
  const [long = '', value] = flag.split('=', 2);
  const off = OPTION_NAMES.map(offFlag).find((name) => name === `--no-${long.slice(2)}`);
  return value === undefined || off === undefined ? '' : `Write ${long}, or ${off}.`;
}

/**
 * The parser: every command with its flags.
 * @param version for `--version`
 * @param found called with what was read
 */
export function makeProgram(version: string, found: (read: Arguments) => void): Command {
  const program = serveCommand(version, found);
  addFetchCommand(program, found);
  addCheckCommand(program, found);
  addPasswordCommand(program, found);
  addInitCommand(program, found);
  addTopCommand(program, found);
  addCompletionsCommand(program, found);
  return program;
}

function serveCommand(version: string, found: (read: ServeArguments) => void): Command {
  const command = new Command('heddle')
    .description('Serves a folder, or an app that exports a fetch handler, on every core.')
    .argument(
      '[target]',
      'a folder or an app module; ./public or this folder where it is left out. One that has the name of a command is served as ./fetch',
    )
    .version(version, '-v, --version', 'print the version')
    .option('-q, --quiet', 'print nothing but errors; $HEDDLE_QUIET=1')
    .option(...DEBUG)
    .option(...ENV_FILE)
    .option(...NO_ENV_FILE)
    .option(...CONFIG)
    .option(...NO_CONFIG)
    .option(
      '-w, --watch',
      "reload when a file of the app's folder changes; a thread that hangs is replaced after 2 s; $HEDDLE_WATCH=1",
    )
    .option(
      '--print-config',
      'print every option with its value and where that came from, and serve nothing; $HEDDLE_PRINT_CONFIG=1',
    )
    .option('-o, --open', 'open the page in a browser ($BROWSER, or the one of the system); $HEDDLE_OPEN=1')
    .option(
      '--launcher',
      'keep the port in a process of its own, which restarts a server that crashed; $HEDDLE_LAUNCHER=1',
    )
    .exitOverride()
    .allowExcessArguments(false)
    .configureOutput({ writeErr: () => undefined })
    // What stands before the name of a command is this command's own, and what stands behind it that one's.
    .enablePositionalOptions()
    .helpCommand(false)
    .addHelpText(
      'after',
      '\nA switch is put off by --no-, as in --no-single, where a config file or an app has it on.',
    )
    .action((target: string | undefined, given: Given) => {
      if (target === undefined) refuseSwallowedTarget(given);
      found({
        command: 'serve',
        target,
        quiet: given.quiet === true,
        watch: given.watch === true,
        open: given.open === true,
        launcher: given.launcher === true,
        printConfig: given.printConfig === true,
        ...commonArguments(given),
      });
    });
  for (const option of flagOptions(OPTION_NAMES)) command.addOption(option);
  return command;
}

function addFetchCommand(program: Command, found: (read: FetchArguments) => void): void {
  const command = program
    .command('fetch')
    .description('Run one request through an app, without a port, and print the answer.')
    .argument('<target>', 'an app module or a folder')
    .argument('[path]', 'a path with its query, or a URL, whose host becomes the Host field', '/')
    .option('-i, --include', 'print the head of the answer too')
    .option('-X, --request <method>', 'the method (default: GET, with content POST)')
    .option('-H, --header <field>', 'a field, "name: value"; "name:" leaves out one of ours', collect, [])
    .option('-d, --data <content>', 'content: a text, @file, or @- for standard input', collect, [])
    .option(...DEBUG)
    .option(...ENV_FILE)
    .option(...NO_ENV_FILE)
    .option(...CONFIG)
    .option(...NO_CONFIG)
    .addHelpText(
      'after',
      '\nOptions of the server, such as --max-body, may be given too; heddle --help lists them.\n' +
        'Exit codes: 0; 22 where the status is 400 or more; 1 where there is no answer, or not all of it.',
    )
    .action((target: string, path: string, given: Given) => {
      refuseBefore(program, 'fetch');
      found({
        command: 'fetch',
        ...{ target, path },
        include: given.include === true,
        method: typeof given.request === 'string' ? given.request : undefined,
        headers: given.header as string[],
        data: given.data as string[],
        ...commonArguments(given),
      });
    });
  const names = OPTION_NAMES.filter((name) => !NOT_FOR_FETCH.includes(name));
  for (const option of flagOptions(names)) command.addOption(option.hideHelp());
}

function addCheckCommand(program: Command, found: (read: CheckArguments) => void): void {
  const command = program
    .command('check')
    .description('Load an app in two threads, and say what would not work, and what the machine gives.')
    .argument('<app>', 'an app module')
    .option(...DEBUG)
    .option(...ENV_FILE)
    .option(...NO_ENV_FILE)
    .option(...CONFIG)
    .option(...NO_CONFIG)
    .addHelpText(
      'after',
      '\nOptions of the server, such as --threads, may be given too; heddle --help lists them.\n' +
        'Exit codes: 0; 1 where there is a problem.',
    )
    .action((target: string, given: Given) => {
      refuseBefore(program, 'check');
      found({ command: 'check', target, ...commonArguments(given) });
    });
  for (const option of flagOptions(OPTION_NAMES)) command.addOption(option.hideHelp());
}

function addPasswordCommand(program: Command, found: (read: PasswordArguments) => void): void {
  program
    .command('password')
    .description('Make the line for a password in a file of accounts, for --auth.')
    .argument('<name>', 'whose password it is')
    .option(...DEBUG)
    .addHelpText('after', '\nThe password is asked for at a terminal, else read from standard input.')
    .action((name: string, given: Given) => {
      refuseBefore(program, 'password');
      found({ command: 'password', name, ...commonArguments({ ...given, envFile: false, config: false }) });
    });
}

function addInitCommand(program: Command, found: (read: InitArguments) => void): void {
  program
    .command('init')
    .description('Write the files by which a container, systemd or Kubernetes runs an app or a folder.')
    .addArgument(new Argument('<kind>', 'what runs it').choices(DEPLOYMENTS))
    .argument('[target]', 'an app module or a folder; ./public where it is left out')
    .option('-f, --force', 'write over files that are there')
    .option(...DEBUG)
    .action((kind: InitArguments['kind'], target: string | undefined, given: Given) => {
      refuseBefore(program, 'init');
      const common = commonArguments({ ...given, envFile: false, config: false });
      found({ command: 'init', kind, target, force: given.force === true, ...common });
    });
}

function addTopCommand(program: Command, found: (read: TopArguments) => void): void {
  program
    .command('top')
    .description('Show what a running server is at: its threads, requests and jobs.')
    .argument('[address]', 'of its admin endpoint: a port, HOST:PORT or a URL (default: 127.0.0.1:7879)')
    .option('--once', 'print it once, and end')
    .option('--json', 'print it once, as JSON')
    .option(...DEBUG)
    .action((address: string | undefined, given: Given) => {
      refuseBefore(program, 'top');
      const common = commonArguments({ ...given, envFile: false, config: false });
      found({ command: 'top', address, once: given.once === true, json: given.json === true, ...common });
    });
}

function addCompletionsCommand(program: Command, found: (read: CompletionsArguments) => void): void {
  program
    .command('completions')
    .description('Print the script by which a shell completes the arguments of heddle.')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .option(...DEBUG)
    .action((shell: CompletionsArguments['shell'], given: Given) => {
      refuseBefore(program, 'completions');
      found({
        command: 'completions',
        shell,
        ...commonArguments({ ...given, envFile: false, config: false }),
      });
    });
}

const DEBUG = ['--debug', 'print errors with their stacks; $HEDDLE_DEBUG=1'] as const;
const ENV_FILE = [
  '--env-file <path>',
  'read variables from this file instead of .env and those beside it; may be given again; $HEDDLE_ENV_FILE',
  collect,
] as const;
const NO_ENV_FILE = ['--no-env-file', 'read no .env; $HEDDLE_NO_ENV_FILE=1'] as const;
const CONFIG = [
  '-c, --config <path>',
  'read options from this file instead of heddle.config.ts (or .js, .mts, .mjs); $HEDDLE_CONFIG',
] as const;
const NO_CONFIG = ['--no-config', 'read no config file; $HEDDLE_NO_CONFIG=1'] as const;

/** An option before the name of a command would be read, and mean nothing. */
function refuseBefore(program: Command, name: string): void {
  const [first] = Object.keys(program.opts());
  const flag = program.options.find((option) => option.attributeName() === first)?.long;
  if (flag === undefined || flag === null) return;
  throw new HeddleError('ERR_HEDDLE_USAGE', `${flag} stands before "${name}". Put options behind it.`);
}

function commonArguments(given: Given): CommonArguments {
  const { envFile } = given;
  return {
    flags: flagLayer(given),
    envFiles: envFile === false ? [] : (envFile as string[] | undefined),
    config: given.config as string | false | undefined,
  };
}
