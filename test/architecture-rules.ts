/** What one folder of `src/` may use. A name that is not listed is refused. */
export interface FolderRule {
  /** Its layer: imports go only to folders of a lower rank. */
  readonly rank: number;
  /** The folders it may import, by name. */
  readonly folders: readonly string[];
  /** The `node:` modules it may import, without `node:`; `fs` stands for `fs/promises` too. */
  readonly node: readonly string[] | { readonly anyBut: readonly string[] };
  /** `node:` modules that one file of it may import besides. */
  readonly nodeInFile?: Readonly<Record<string, readonly string[]>>;
  /** The npm packages it may import. */
  readonly packages?: readonly string[];
  /** Whether it imports modules whose names are known at run time only: apps and job modules. */
  readonly importsApps?: true;
  /** Names it may not use although they need no import. */
  readonly forbiddenNames?: readonly string[];
}

/** What reads a clock, waits, logs, or reaches out of a pure function. */
const IMPURE = [
  'Atomics',
  'clearImmediate',
  'clearInterval',
  'clearTimeout',
  'console',
  'fetch',
  'globalThis',
  'performance',
  'process',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
] as const;

/** The folders of `src/` and what each may import: the table of the design, held by architecture.test.ts. */
export const FOLDER_RULES: Readonly<Record<string, FolderRule>> = {
  semantics: { rank: 1, folders: [], node: [], forbiddenNames: [...IMPURE, 'Promise'] },
  observe: {
    rank: 1,
    folders: [],
    node: ['diagnostics_channel', 'fs', 'util'],
    nodeInFile: { 'line-file.ts': ['tty'] },
  },
  native: { rank: 1, folders: [], node: ['ffi', 'child_process', 'net', 'fs'] },
  http1: {
    rank: 2,
    folders: ['semantics'],
    node: [],
    forbiddenNames: [...IMPURE, 'Promise', 'Date'],
  },
  exchange: { rank: 2, folders: ['semantics'], node: [], forbiddenNames: IMPURE },
  threads: {
    rank: 2,
    folders: ['observe'],
    node: ['worker_threads', 'timers', 'inspector', 'fs'],
    nodeInFile: { 'heap-watch.ts': ['v8'], 'external-memory.ts': ['v8'] },
  },
  net: {
    rank: 3,
    folders: ['http1', 'exchange', 'semantics', 'observe', 'native'],
    node: ['net', 'tls', 'timers', 'fs'],
  },
  fetch: {
    rank: 3,
    folders: ['exchange', 'semantics', 'observe'],
    node: ['stream', 'buffer'],
    nodeInFile: { 'node-app.ts': ['http'] },
  },
  static: {
    rank: 3,
    folders: ['exchange', 'semantics', 'observe'],
    node: ['fs', 'path'],
    nodeInFile: {
      'compress-job.ts': ['zlib'],
      'basic-auth.ts': ['crypto'],
      'folder-listings.ts': ['crypto'],
      'listing-page.ts': ['crypto'],
      'multipart-ranges.ts': ['crypto'],
    },
    packages: ['mime'],
  },
  pool: {
    rank: 3,
    folders: ['threads', 'observe'],
    node: ['worker_threads', 'os', 'perf_hooks'],
    importsApps: true,
  },
  server: {
    rank: 4,
    folders: [
      'exchange',
      'fetch',
      'http1',
      'native',
      'net',
      'observe',
      'pool',
      'semantics',
      'static',
      'threads',
    ],
    node: { anyBut: ['http', 'https', 'http2', 'ffi', 'inspector'] },
    importsApps: true,
  },
  launcher: { rank: 4, folders: ['native', 'observe'], node: ['child_process', 'fs', 'os', 'path'] },
  cli: {
    rank: 5,
    folders: ['launcher', 'server', 'observe'],
    node: { anyBut: ['worker_threads', 'inspector', 'ffi'] },
    packages: ['commander'],
  },
};

/** `src/index.ts` lists the public names: it may import every folder but the command line, and nothing else. */
export const PUBLIC_FACE: FolderRule = {
  rank: 5,
  folders: Object.keys(FOLDER_RULES).filter((name) => name !== 'cli'),
  node: [],
};

/** The most lines a source file may have; at that size, look for the second noun in it. */
export const MAX_LINES = 400;

/** Words that say nothing about what a file holds. */
export const EMPTY_WORDS = [
  'common',
  'constants',
  'data',
  'helper',
  'helpers',
  'info',
  'manager',
  'misc',
  'types',
  'util',
  'utils',
] as const;
