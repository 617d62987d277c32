import type { OptionRow } from './option-row.ts';

/** Rows of the table of options: a folder that is served. */
export const FOLDER_OPTIONS = {
  single: {
    kind: 'switch',
    flag: '-s, --single',
    env: 'HEDDLE_SINGLE',
    default: false,
    about:
      "answer navigations to paths without a file with the folder's index.html, as single-page apps want",
    reason: 'a path that leads nowhere is a 404',
  },
  symlinks: {
    kind: 'switch',
    flag: '-S, --symlinks',
    env: 'HEDDLE_SYMLINKS',
    default: false,
    about: 'follow symbolic links that lead out of the folder',
    reason: 'what is not in the folder was not meant to be served',
  },
  listing: {
    kind: 'switch',
    flag: '-l, --listing',
    env: 'HEDDLE_LISTING',
    default: false,
    about: 'show what is in a folder that has no index.html, as a page or as JSON; not with --single',
    reason: 'names that no page links to were not meant to be found',
  },
  cache: {
    kind: 'cache',
    flag: '--cache <rules>',
    env: 'HEDDLE_CACHE',
    default: '',
    about:
      'how long files may be kept, the last rule that fits: "1h; *.html: no-cache; /assets/**: 1y immutable"; may be given again',
    reason: 'asked about each time, but for names that hold a hash of the content, which are kept for a year',
  },
  headers: {
    kind: 'fields',
    flag: '--headers <lines>',
    env: 'HEDDLE_HEADERS',
    default: '',
    about:
      'fields for what the folder answers: "name: value" a line, behind a line with a pattern for some paths; may be given again',
    reason: 'only a site knows what it wants',
  },
  securityHeaders: {
    kind: 'switch',
    flag: '--security-headers',
    env: 'HEDDLE_SECURITY_HEADERS',
    default: false,
    about:
      'fields that keep other sites from framing, sniffing and holding the pages of the folder; --headers may change each',
    reason: 'some sites are meant to be framed',
  },
  cors: {
    kind: 'origins',
    flag: '-C, --cors [origins]',
    env: 'HEDDLE_CORS',
    default: '',
    about: 'let scripts of other sites read what the folder answers: those of some origins, or of all',
    reason: 'a site is read by its own pages',
  },
  auth: {
    kind: 'path',
    flag: '--auth <file>',
    env: 'HEDDLE_AUTH',
    default: '',
    about: 'let in only who has a password: a file of lines that "heddle password NAME" makes',
    reason: 'what is served is for everybody who can connect',
  },
  compressCacheBytes: {
    kind: 'room',
    flag: '--compress-cache <bytes>',
    env: 'HEDDLE_COMPRESS_CACHE',
    default: 67_108_864,
    about:
      'the most bytes of compressed files that all threads share; 0: files are sent as they are, or as their siblings',
    reason: 'the texts of most sites, each in three codings',
  },
  fileCacheBytes: {
    kind: 'room',
    flag: '--file-cache <bytes>',
    env: 'HEDDLE_FILE_CACHE',
    default: 33_554_432,
    about: 'the most bytes of file contents that each server thread keeps in memory; 0: none',
    reason: 'the hot files of most sites, and little beside the heap of a thread',
  },
} as const;
FOLDER_OPTIONS satisfies Record<string, OptionRow>;
