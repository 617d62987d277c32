import type { OptionLayer } from '#server/server-config.ts';

/** What every command is told. */
export interface CommonArguments {
  /** The options that were given. */
  readonly flags: OptionLayer;
  /** The environment files to read instead of the usual ones; none where it is empty. */
  readonly envFiles: readonly string[] | undefined;
  /** The config file to read instead of the usual one; `false` for none. */
  readonly config: string | false | undefined;
}

/** `heddle [target]`. */
export interface ServeArguments extends CommonArguments {
  readonly command: 'serve';
  /** The folder or app; `undefined` where none is named. */
  readonly target: string | undefined;
  /** Say nothing but errors. */
  readonly quiet: boolean;
  /** Reload when a file of the app's folder changes. */
  readonly watch: boolean;
  /** Show what is served in a browser. */
  readonly open: boolean;
  /** Print the options and serve nothing. */
  readonly printConfig: boolean;
  /** Run the server as a process of its own, which is started anew when it dies. */
  readonly launcher: boolean;
}

/** `heddle fetch <target> [path]`. */
export interface FetchArguments extends CommonArguments {
  readonly command: 'fetch';
  /** The folder or app. */
  readonly target: string;
  /** A path with its query, or a URL. */
  readonly path: string;
  /** Print the head too. */
  readonly include: boolean;
  /** The method, where one is given. */
  readonly method: string | undefined;
  /** Fields as they were given, `name: value`. */
  readonly headers: readonly string[];
  /** Pieces of content as they were given: text, `@file`, `@-`. */
  readonly data: readonly string[];
}

/** `heddle check <app>`. */
export interface CheckArguments extends CommonArguments {
  readonly command: 'check';
  /** The app. */
  readonly target: string;
}

/** `heddle password <name>`. */
export interface PasswordArguments extends CommonArguments {
  readonly command: 'password';
  /** Whose password it is. */
  readonly name: string;
}

/** What files can be made for. */
export const DEPLOYMENTS = ['docker', 'systemd', 'k8s'] as const;

/** `heddle init <kind> [target]`. */
export interface InitArguments extends CommonArguments {
  readonly command: 'init';
  /** What the files are for. */
  readonly kind: (typeof DEPLOYMENTS)[number];
  /** The folder or app; `undefined` where none is named. */
  readonly target: string | undefined;
  /** Write over files that are there. */
  readonly force: boolean;
}

/** Shells that complete. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** `heddle completions <shell>`. */
export interface CompletionsArguments extends CommonArguments {
  readonly command: 'completions';
  /** Which shell the script is for. */
  readonly shell: (typeof SHELLS)[number];
}

/** `heddle top [address]`. */
export interface TopArguments extends CommonArguments {
  readonly command: 'top';
  /** Of the admin endpoint; `undefined` where none is named. */
  readonly address: string | undefined;
  /** Print how it is now, and end. */
  readonly once: boolean;
  /** Print that as JSON. */
  readonly json: boolean;
}

/** What the command line says. */
export type Arguments =
  | ServeArguments
  | FetchArguments
  | CheckArguments
  | PasswordArguments
  | InitArguments
  | TopArguments
  | CompletionsArguments;
