import { appFirst, type ErrorAccount, type SourceExcerpt, type StackFrame } from './error-account.ts';

/** What an error page tells beside the error. */
export interface FailedRequestLine {
  /** The request's method. */
  readonly method: string;
  /** The request's target, as it was sent. */
  readonly target: string;
}

/**
 * A page for whoever is writing an app: the error, the line of the source that it came from, the stack with the app's frames
 * first. It asks for nothing from anywhere and runs no script; all that it shows is escaped.
 * @param account of the error
 * @param request that failed
 */
export function formatErrorPage(account: ErrorAccount, { method, target }: FailedRequestLine): string {
  const title = escapeHtml(`${account.name}: ${account.message}`.slice(0, 200));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<p class="request">500 Internal Server Error: <code>${escapeHtml(method)} ${escapeHtml(target)}</code></p>
${section(account, 'h1')}
<footer>This page is for <code>NODE_ENV=development</code>. Elsewhere a client gets a bare 500.</footer>
</body>
</html>
`;
}

function section(account: ErrorAccount, heading: 'h1' | 'h2'): string {
  const { name, message, frames, source, cause } = account;
  return [
    `<${heading}><span>${escapeHtml(name)}</span> ${escapeHtml(message)}</${heading}>`,
    source === undefined ? '' : excerpt(source),
    frames.length === 0 ? '' : `<ol>${appFirst(frames).map(item).join('')}</ol>`,
    cause === undefined ? '' : `<p class="cause">caused by</p>${section(cause, 'h2')}`,
  ].join('\n');
}

function item({ text, isApp }: StackFrame): string {
  return `<li${isApp ? ' class="app"' : ''}>${escapeHtml(text.slice(0, 500))}</li>`;
}

function excerpt({ file, lines }: SourceExcerpt): string {
  const width = String(lines.at(-1)?.number ?? 0).length;
  const marked = lines.find(({ isMarked }) => isMarked)?.number;
  const rows = lines.map(({ number, text, isMarked }) => {
    const line = `${isMarked ? '>' : ' '} ${String(number).padStart(width)} | ${escapeHtml(text)}`;
    return isMarked ? `<mark>${line}</mark>` : line;
  });
  return `<figure><figcaption>${escapeHtml(file)}:${marked}</figcaption><pre>${rows.join('\n')}</pre></figure>`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** What cannot be seen, or turns the direction of what follows, is shown as a replacement character. */
function escapeHtml(text: string): string {
  return showControls(text).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');
}

/**
 * A text without what a terminal would obey, a page could not hold, or would turn the direction of what follows.
 * @param text anything
 */
export function showControls(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\P{Cc}]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

const STYLE = `
:root { --text: #1c1b1f; --ground: #fdfcfb; --quiet: #67626b; --box: #f2efec; --mark: #ffd9d2; --name: #b3261e }
@media (prefers-color-scheme: dark) {
  :root { --text: #e8e4ea; --ground: #18171a; --quiet: #a29da8; --box: #242228; --mark: #5a2621; --name: #ff8a7d }
}
body { color: var(--text); background: var(--ground); font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
h1, h2 { font-size: 1.4rem; overflow-wrap: anywhere; white-space: pre-wrap }
h2 { font-size: 1.1rem }
h1 span, h2 span { color: var(--name) }
code, pre, ol, figcaption { font-family: ui-monospace, monospace; font-size: 0.85rem }
code { overflow-wrap: anywhere }
figure { background: var(--box); border-radius: 6px; margin: 1rem 0; padding: 0.75rem }
figcaption { color: var(--quiet); overflow-wrap: anywhere }
pre { margin: 0.5rem 0 0; overflow-x: auto }
mark { background: var(--mark); color: inherit; display: inline-block; min-width: 100% }
ol { color: var(--quiet); list-style: none; margin: 1rem 0; overflow-wrap: anywhere; padding: 0 }
ol .app { color: var(--text); font-weight: 600 }
.request, .cause, footer { color: var(--quiet) }
footer { font-size: 0.85rem; margin-top: 2rem }
`;
