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
 * @returns the class of a line that {@link ICON_STYLE} has an icon for
 */
export function iconOf(name: string, isFolder: boolean): string {
  if (isFolder) return 'folder';
  for (const kind in KINDS) if (KINDS[kind]?.test(name) === true) return kind;
  return 'file';
}

const SHEET = 'M3.5 1.5h6l3 3v10h-9zM9.5 1.5v3h3';

const SHAPES: Readonly<Record<string, string>> = {
  folder: 'M1.5 13V3.5h4.2l1.6 2h7.2V13z',
  up: 'M8 13V3M3.5 7.5 8 3l4.5 4.5',
  file: SHEET,
  text: `${SHEET}M5.5 7.5h5M5.5 9.5h5M5.5 11.5h3`,
  code: `${SHEET}M7 7.5l-1.5 2 1.5 2M9 7.5l1.5 2-1.5 2`,
  image: 'M1.5 3h13v10h-13zM2 12l3.5-4 2.5 2.6 2-1.8 4 3.2M9.8 5.8a1 1 0 1 0 2 0 1 1 0 1 0-2 0',
  media: 'M1.5 3h13v10h-13zM6.5 5.8v4.4L10.3 8z',
  archive: `${SHEET}M7 1.5v7M6 3.5h2M6 5.5h2M6 7.5h2`,
};

/** The icons as pictures in a style: a picture for each line would be a tree for each, and slow where there are thousands. */
export const ICON_STYLE: string = Object.entries(SHAPES)
  .map(
    ([name, path]) =>
      `.${name} { --icon: url("${pictureOf(path, name === 'folder' ? '%230004' : 'none')}") }`,
  )
  .join('\n');

/** The folder's icon in colour, for the page itself. */
export const FAVICON: string =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%23d39b35' d='M1 13V3h5l2 2h7v8z'/%3E%3C/svg%3E";

function pictureOf(path: string, fill: string): string {
  return (
    `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16' fill='${fill}' stroke='%23000' ` +
    `stroke-width='1.2' stroke-linejoin='round' stroke-linecap='round'%3E%3Cpath d='${path}'/%3E%3C/svg%3E`
  );
}
