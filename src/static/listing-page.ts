import { createHash } from 'node:crypto';
import type { FolderEntries, FolderEntry } from './folder-entries.ts';

/** A listing to show. */
export interface Listing extends FolderEntries {
  /** The folder, decoded, with a slash at either end: `/`, `/docs/`. */
  readonly path: string;
}

/** The listing as a page, which asks nobody for anything else. */
export function listingPage({ path, entries, omitted }: Listing): string {
  const folders = entries.filter(({ isFolder }) => isFolder).length;
  const files = entries.length - folders;
  const counts = [plural(folders, 'folder'), plural(files, 'file')].filter((text) => text !== '');
  const up =
    path === '/' ? '' : `<tr><td>${icon('up')}<a href="../" rel="up">..</a></td><td></td><td></td></tr>\n`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(path)}</title>
<style>${STYLE}</style>
<body>
${SYMBOLS}
<header>
<nav aria-label="Folders">${crumbs(path)}</nav>
<input type="search" placeholder="Filter ( / )" aria-label="Filter by name" hidden>
</header>
<main>
<table>
<thead><tr><th aria-sort="ascending"><button>Name</button></th><th class="size"><button>Size</button></th><th><button>Changed</button></th></tr></thead>
<tbody>
${up}${entries.map(row).join('\n')}
</tbody>
</table>
</main>
<footer>${counts.join(', ') || 'Nothing here'}${omitted > 0 ? `, and ${omitted} more that are not shown` : ''}</footer>
<script>${SCRIPT}</script>
`;
}

/** What the page may do, and what whoever writes a name into the folder may not make it do. */
export function listingPolicy(): string {
  return POLICY;
}

function row({ name, isFolder, size, modifiedMs }: FolderEntry): string {
  const href = `./${encodeURIComponent(name)}${isFolder ? '/' : ''}`;
  const shown = escapeHtml(isFolder ? `${name}/` : name);
  const date = new Date(modifiedMs);
  const iso = Number.isNaN(date.getTime()) ? '' : date.toISOString();
  const sizeCell = isFolder
    ? '<td class="size"></td>'
    : `<td class="size" data-value="${size}">${sizeText(size)}</td>`;
  return (
    `<tr><td>${icon(isFolder ? 'folder' : kindOf(name))}<a href="${href}">${shown}</a></td>${sizeCell}` +
    `<td><time datetime="${iso}">${iso.slice(0, 16).replace('T', ' ')}</time></td></tr>`
  );
}

function crumbs(path: string): string {
  const names = path.split('/').filter((name) => name !== '');
  const links = names.map((name, at) => {
    const up = '../'.repeat(names.length - 1 - at);
    return at === names.length - 1
      ? `<span aria-current="page">${escapeHtml(name)}</span>`
      : `<a href="${up}">${escapeHtml(name)}</a>`;
  });
  const root =
    names.length === 0
      ? '<span aria-current="page">/</span>'
      : `<a href="${'../'.repeat(names.length)}">/</a>`;
  return [root, ...links].join('<i>›</i>');
}

/** A size as people say it, with three digits. */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB', 'PB', 'EB'];
  let value = bytes;
  let unit = -1;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

function plural(count: number, noun: string): string {
  return count === 0 ? '' : `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function icon(name: string): string {
  return `<svg aria-hidden="true"><use href="#${name}"/></svg>`;
}

const KINDS: Readonly<Record<string, RegExp>> = {
  image: /\.(?:avif|bmp|gif|ico|jpe?g|png|svg|webp)$/i,
  media: /\.(?:aac|flac|m4a|mkv|mov|mp3|mp4|oga|ogg|ogv|opus|wav|webm)$/i,
  archive: /\.(?:7z|br|bz2|gz|jar|rar|tar|tgz|xz|zip|zst)$/i,
  code: /\.(?:c|cc|cjs|cpp|css|cts|go|h|html?|java|js|json|jsx|mjs|mts|php|py|rb|rs|sh|sql|toml|tsx?|wasm|xml|ya?ml)$/i,
  text: /\.(?:csv|docx?|log|md|odt|pdf|rtf|te?xt|tsv)$/i,
};

function kindOf(name: string): string {
  return Object.entries(KINDS).find(([, names]) => names.test(name))?.[0] ?? 'file';
}

const SHEET = '<path d="M4 1.5h5.5L13 5v9.5H4z"/><path d="M9.5 1.5V5H13"/>';
const SYMBOLS = `<svg hidden>${Object.entries({
  folder: '<path d="M1.5 13V3.5h4.2l1.6 2h7.2V13z"/>',
  up: '<path d="M8 13V3M3.5 7.5 8 3l4.500 4.500"/>',
  file: SHEET,
  text: `${SHEET}<path d="M6 8h5M6 10h5M6 12h3"/>`,
  code: `${SHEET}<path d="M7.300 8 5.800 9.800l1.500 1.800M9.700 8l1.500 1.800-1.500 1.800"/>`,
  image:
    '<path d="M1.500 3h13v10h-13z"/><path d="m2 12 3.500-4 2.500 2.600 2-1.800 4 3.200"/><circle cx="10.800" cy="5.800" r="1"/>',
  media: '<path d="M1.500 3h13v10h-13z"/><path d="M6.500 5.800v4.400L10.300 8z"/>',
  archive: `${SHEET}<path d="M7 1.500v7M6 3.500h2M6 5.500h2M6 7.500h2"/>`,
})
  .map(([name, shape]) => `<symbol id="${name}" viewBox="0 0 16 16">${shape}</symbol>`)
  .join('')}</svg>`;

const STYLE = `
:root{--ink:#1b1f24;--soft:#5c6670;--line:#e3e7eb;--back:#fff;--hover:#f2f6fb;--accent:#0b63c5;--folder:#b7791f}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ec;--soft:#97a1ab;--line:#2b3138;--back:#14171a;--hover:#1d2329;--accent:#7ab7ff;--folder:#e0b35a}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:2rem 1.25rem;font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--back)}
header{display:flex;flex-wrap:wrap;gap:.75rem;align-items:center;justify-content:space-between;margin-bottom:1rem}
nav{font-size:1.15rem;font-weight:600;overflow-wrap:anywhere}
nav i{margin:0 .4rem;color:var(--soft);font-style:normal;font-weight:400}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
a:focus-visible,button:focus-visible,input:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:3px}
input{font:inherit;color:inherit;background:var(--back);border:1px solid var(--line);border-radius:6px;padding:.3rem .6rem;width:14rem}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.4rem .5rem;text-align:left;border-bottom:1px solid var(--line);white-space:nowrap}
td:first-child{width:100%;white-space:normal;overflow-wrap:anywhere}
.size{text-align:right}td:nth-child(n+2){color:var(--soft)}
tbody tr:hover,tbody tr:focus-within{background:var(--hover)}
th button{all:unset;cursor:pointer;font-weight:600;color:var(--soft)}
th[aria-sort=ascending] button::after{content:" ↑"}th[aria-sort=descending] button::after{content:" ↓"}
td svg{width:16px;height:16px;margin-right:.6rem;vertical-align:-2px;fill:none;stroke:var(--soft);stroke-width:1.2;stroke-linejoin:round;stroke-linecap:round}
td svg:has([href="#folder"]){stroke:var(--folder);fill:color-mix(in srgb,var(--folder) 25%,transparent)}
footer{margin-top:1rem;color:var(--soft)}
@media (max-width:34rem){th:nth-child(3),td:nth-child(3){display:none}}
`;

/** Without it the page is whole: it adds filter, order by column, local times and keys. */
const SCRIPT = `
const body=document.querySelector('tbody'),rows=[...body.rows],up=rows.find(r=>r.querySelector('[rel=up]'));
const lines=rows.filter(r=>r!==up),filter=document.querySelector('input');
const links=()=>[...body.rows].filter(r=>!r.hidden).map(r=>r.querySelector('a'));
for(const t of document.querySelectorAll('time'))if(t.dateTime){const d=new Date(t.dateTime);t.title=d.toLocaleString();
t.textContent=d.toLocaleDateString(undefined,{year:'numeric',month:'short',day:'numeric'})+' '+d.toLocaleTimeString(undefined,{hour:'2-digit',minute:'2-digit'})}
filter.hidden=false;filter.oninput=()=>{const wanted=filter.value.toLowerCase();for(const r of lines)r.hidden=!r.cells[0].textContent.toLowerCase().includes(wanted)};
const values=[r=>r.cells[0].textContent,r=>Number(r.cells[1].dataset.value??-1),r=>r.cells[2].firstChild.dateTime];
const isFolder=r=>r.cells[0].textContent.endsWith('/'),names=new Intl.Collator(undefined,{numeric:true,sensitivity:'base'});
const heads=[...document.querySelectorAll('th')];
heads.forEach((head,at)=>{head.firstChild.onclick=()=>{const down=head.ariaSort==='ascending';for(const h of heads)h.ariaSort=null;
head.ariaSort=down?'descending':'ascending';const sign=down?-1:1,value=values[at];
lines.sort((a,b)=>isFolder(b)-isFolder(a)||sign*(at===1?value(a)-value(b):names.compare(value(a),value(b)))||names.compare(values[0](a),values[0](b)));
body.append(...lines)}});
document.addEventListener('keydown',e=>{if(e.ctrlKey||e.metaKey||e.altKey)return;const inFilter=document.activeElement===filter;
if(e.key==='/'&&!inFilter){e.preventDefault();filter.focus();return}
if(e.key==='Escape'&&inFilter){filter.value='';filter.oninput();filter.blur();return}
if(e.key==='Enter'&&inFilter){links().find(a=>a.rel!=='up')?.click();return}
if(e.key==='Backspace'&&!inFilter&&up){up.querySelector('a').click();return}
const step=e.key==='ArrowDown'||(e.key==='j'&&!inFilter)?1:e.key==='ArrowUp'||(e.key==='k'&&!inFilter)?-1:0;if(!step)return;
e.preventDefault();const all=links(),at=all.indexOf(document.activeElement);all[Math.min(all.length-1,Math.max(0,at<0?(step>0?0:all.length-1):at+step))]?.focus()});
`;

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

const POLICY = `default-src 'none'; style-src ${hashOf(STYLE)}; script-src ${hashOf(SCRIPT)}; base-uri 'none'; form-action 'none'`;
