import { createHash } from 'node:crypto';
import type { FolderEntries, FolderEntry } from './folder-entries.ts';
import { FAVICON, iconOf } from './listing-icons.ts';
import { SCRIPT } from './listing-script.ts';
import { STYLE } from './listing-style.ts';

/** A listing to show. */
export interface Listing extends FolderEntries {
  /** The folder, decoded, with a slash at either end: `/`, `/docs/`. */
  readonly path: string;
}

/**
 * Draws a listing as a page that asks for nothing from anywhere, and is whole without its script. All names are escaped.
 * @param listing what to show
 * @returns a step for each line, for `time-slices.ts`, then the text
 */
export function* drawPage(listing: Listing): Generator<void, string> {
  const { path, entries } = listing;
  const lines = [];
  for (const entry of entries) {
    lines.push(line(entry));
    yield;
  }
  const up =
    path === '/' ? '' : '<tr class="up"><td><a href="../" rel="up">..</a></td><td></td><td></td></tr>\n';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="${FAVICON}">
<title>${escapeHtml(path)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<nav aria-label="Folders above">${crumbs(path)}</nav>
<input type="search" placeholder="Filter" aria-label="Filter by name" aria-keyshortcuts="/" hidden>
</header>
<main>
<table>
<thead><tr><th scope="col" aria-sort="ascending">Name</th><th scope="col">Size</th><th scope="col">Changed</th></tr></thead>
<tbody>
${up}${lines.join('\n')}
</tbody>
</table>
</main>
<footer><span>${summary(listing)}</span><span class="keys" hidden><kbd>/</kbd> filter <kbd>↑</kbd> <kbd>↓</kbd> move <kbd>Enter</kbd> open <kbd>Backspace</kbd> up</span></footer>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function line({ name, isFolder, size, modifiedMs }: FolderEntry): string {
  // By `dir` a name stands for itself, in whichever direction its script runs.
  const link = `<a dir="auto" href="${escapeHtml(hrefOf(name, isFolder))}">${escapeHtml(name)}${isFolder ? '/' : ''}</a>`;
  const exact = `${grouped.format(size)} ${size === 1 ? 'byte' : 'bytes'}`;
  const sizeCell = isFolder ? '<td></td>' : `<td data-size="${size}" title="${exact}">${sizeText(size)}</td>`;
  return `<tr class="${iconOf(name, isFolder)}"><td>${link}</td>${sizeCell}<td>${time(modifiedMs)}</td></tr>`;
}

/**
 * The relative reference that leads from a folder to what is in it.
 * @param name as it stands in the folder, UTF-8
 * @param isFolder whether it is one: then the reference ends with a slash
 */
export function hrefOf(name: string, isFolder: boolean): string {
  // A colon is encoded too: `a:b` would be a URL with the scheme `a` (RFC3986§4.2).
  return encodeURIComponent(name) + (isFolder ? '/' : '');
}

/**
 * A moment as machines read it.
 * @param ms milliseconds since 1970
 * @returns ISO 8601 with `Z`; `undefined` for what no calendar has, as broken file systems tell
 */
export function isoTime(ms: number): string | undefined {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

function time(ms: number): string {
  const iso = isoTime(ms);
  return iso === undefined ? '' : `<time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')}</time>`;
}

function crumbs(path: string): string {
  const names = path.split('/').filter((name) => name !== '');
  const steps = ['/', ...names].map((name, at) => {
    const shown = `<bdi>${escapeHtml(name)}</bdi>`;
    const above = names.length - at;
    return above === 0
      ? `<span aria-current="page">${shown}</span>`
      : `<a href="${'../'.repeat(above)}">${shown}</a>`;
  });
  return steps.join('<i aria-hidden="true">›</i>');
}

function summary({ entries, omitted, isComplete }: Listing): string {
  const folders = entries.filter(({ isFolder }) => isFolder).length;
  const counts = [count(folders, 'folder'), count(entries.length - folders, 'file')].filter(
    (text) => text !== '',
  );
  const shown = counts.join(', ') || 'Nothing here';
  if (omitted === 0 && isComplete) return shown;
  return `${shown}, and ${isComplete ? '' : 'more than '}${grouped.format(omitted)} more that are not shown`;
}

function count(number: number, noun: string): string {
  return number === 0 ? '' : `${grouped.format(number)} ${noun}${number === 1 ? '' : 's'}`;
}

const grouped = new Intl.NumberFormat('en');
const UNITS = ['kB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const;

/**
 * A size as people say it, with three digits.
 * @param bytes 0 or more
 */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** What turns the direction of what follows would show `cod.exe` as `exe.doc`: it is shown as a replacement character. */
function escapeHtml(text: string): string {
  return text
    .replace(/[\u0080-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** The page's `Content-Security-Policy`: its own style, script and icon, whatever somebody writes into a folder. */
export const LISTING_POLICY: string = [
  "default-src 'none'",
  `style-src ${hashOf(STYLE)}`,
  `script-src ${hashOf(SCRIPT)}`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ');
