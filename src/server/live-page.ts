import { createHash } from 'node:crypto';
import type { Reply } from '#exchange/reply.ts';
import { DRAWING } from './live-page-drawing.ts';
import { SCRIPT } from './live-page-script.ts';
import { STYLE } from './live-page-style.ts';

const CODE = `'use strict';\n${DRAWING}\n${SCRIPT}`;

/** Nothing from anywhere but the stream of this endpoint; nobody may frame it, and nothing in it may be made to run. */
const POLICY = [
  "default-src 'none'",
  `style-src '${hashOf(STYLE)}'`,
  `script-src '${hashOf(CODE)}'`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>heddle, live</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>heddle</h1>
<p id="state" role="status">connecting</p>
<p id="about"></p>
<button id="pause" type="button" aria-pressed="false">Pause <kbd>p</kbd></button>
</header>
<noscript><p>This page draws what it is told each second, and needs JavaScript. <a href="/snapshot">/snapshot</a> is the same as text.</p></noscript>
<main>
<dl id="tiles"></dl>
<section aria-labelledby="loom">
<h2 id="loom">Who does what</h2>
<p class="lead">A <b>server thread</b> takes connections and answers requests in small steps, many at a time. It must never
wait: whatever blocks, or computes for long, is given away as a <b>job</b>. Jobs stand in one line, and each <b>pool
thread</b> that is free takes the next. So the server threads go on answering while jobs run.</p>
<div id="flow">
<section aria-labelledby="of-server">
<h3 id="of-server">Server threads</h3>
<ol id="lanes"></ol>
</section>
<section id="pool" aria-labelledby="of-pool">
<h3 id="of-pool">Jobs and the pool</h3>
<svg id="queue" viewBox="0 0 440 150" role="img" aria-label="Jobs that wait, and pool threads"></svg>
<p id="queue-text"></p>
<ol id="workers"></ol>
</section>
</div>
<details id="legend">
<summary>What the words mean</summary>
<dl>
<dt>load</dt><dd>How much of the last second a thread was at work. At 100 % it has no moment left: what comes waits.</dd>
<dt>lag</dt><dd>How late a thread comes to what is due. Some milliseconds are usual. One that grows is stuck in a computation that should be a job.</dd>
<dt>at work</dt><dd>Requests that wait for their answer, the oldest first, with their age. <i>sending</i>: part of the answer is out.</dd>
<dt>p50, p99</dt><dd>Half of all requests took no longer than p50, 99 of 100 no longer than p99.</dd>
<dt>waiting</dt><dd>Jobs for which no pool thread is free. A line that only grows means that more is asked than the pool can do.</dd>
<dt>refused</dt><dd>Bytes that are no valid request, and requests turned away: 503 where too many jobs wait or the thread lags, 429 where a client asks too often.</dd>
<dt>failed</dt><dd>Requests at which the app threw (500) or was too late (503).</dd>
<dt>ready, draining, restarting</dt><dd>It serves; it finishes what it has and ends; it died, and another is about to take its place.</dd>
</dl>
</details>
</section>
<section aria-labelledby="minutes">
<h2 id="minutes">The last five minutes</h2>
<div id="plots">
<figure><figcaption>Requests a second</figcaption><svg id="plot-requests" viewBox="0 0 440 130" role="img"></svg></figure>
<figure><figcaption>How long they took, in milliseconds: <span class="key a">p50</span> <span class="key b">p99</span></figcaption><svg id="plot-times" viewBox="0 0 440 130" role="img"></svg></figure>
<figure><figcaption>Pool: <span class="key a">threads at work</span> <span class="key b">jobs waiting</span></figcaption><svg id="plot-pool" viewBox="0 0 440 130" role="img"></svg></figure>
</div>
</section>
<section aria-labelledby="happened">
<h2 id="happened">What went wrong</h2>
<p id="calm">Nothing so far: no thread has died or hung, no request has failed.</p>
<div id="entries"></div>
</section>
</main>
<script>${CODE}</script>
</body>
</html>
`;

const FIELDS = [
  ...['content-type', 'text/html;charset=UTF-8', 'content-security-policy', POLICY],
  ...['cross-origin-opener-policy', 'same-origin'],
];

/** The live view as a page: whole in itself, but for the stream that it listens to. */
export function livePage(fields: readonly string[]): Reply {
  return { status: 200, fields: [...FIELDS, ...fields], body: PAGE };
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
