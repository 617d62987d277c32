const KINDS: Readonly<Record<string, RegExp>> = {
  image: /\.(?:avif|bmp|gif|heic|ico|jpe?g|png|svg|webp)$/i,
  media: /\.(?:aac|flac|m4a|m4v|mkv|mov|mp3|mp4|oga|ogg|ogv|opus|wav|webm)$/i,
  archive: /\.(?:7z|br|bz2|deb|gz|iso|jar|rar|tar|tgz|xz|zip|zst)$/i,
  code: /\.(?:c|cc|cjs|cpp|css|cts|go|h|html?|java|js|json|jsx|mjs|mts|php|py|rb|rs|sh|sql|toml|tsx?|wasm|xml|ya?ml)$/i,
  text: /\.(?:csv|docx?|log|md|odt|pdf|rtf|te?xt|tsv)$/i,
};

/**
 * The icon for an entry, by its name alone.
 * @param name of the file or folder
 * @param isFolder whether it is a folder
 * @returns the id of one of {@link SYMBOLS}
 */
export function iconOf(name: string, isFolder: boolean): string {
  if (isFolder) return 'folder';
  for (const kind in KINDS) if (KINDS[kind]?.test(name) === true) return kind;
  return 'file';
}

const SHEET = '<path d="M3.5 1.5h6l3 3v10h-9z"/><path d="M9.5 1.5v3h3"/>';

const SHAPES: Readonly<Record<string, string>> = {
  folder: '<path d="M1.5 13V3.5h4.2l1.6 2h7.2V13z"/>',
  up: '<path d="M8 13V3M3.5 7.5 8 3l4.5 4.5"/>',
  file: SHEET,
  text: `${SHEET}<path d="M5.5 7.5h5M5.5 9.5h5M5.5 11.5h3"/>`,
  code: `${SHEET}<path d="M7 7.5 5.5 9.5 7 11.5M9 7.5l1.5 2L9 11.5"/>`,
  image:
    '<path d="M1.5 3h13v10h-13z"/><path d="m2 12 3.5-4 2.5 2.6 2-1.8 4 3.2"/><circle cx="10.8" cy="5.8" r="1"/>',
  media: '<path d="M1.5 3h13v10h-13z"/><path d="M6.5 5.8v4.4L10.3 8z"/>',
  archive: `${SHEET}<path d="M7 1.5v7M6 3.5h2M6 5.5h2M6 7.5h2"/>`,
};

/** The icons, once in a page; each is shown by `<use>`. */
export const SYMBOLS: string = `<svg hidden>${Object.entries(SHAPES)
  .map(([name, shape]) => `<symbol id="${name}" viewBox="0 0 16 16">${shape}</symbol>`)
  .join('')}</svg>`;
