/** How the live view draws: elements, lanes, the line of jobs, plots. It runs in a browser. */
export const DRAWING = `
const SVG = 'http://www.w3.org/2000/svg';
const byId = (id) => document.getElementById(id);
const isCalm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** An element; text is text, whatever is in it. */
function make(name, attributes = {}, ...children) {
  const isSvg = /^(rect|circle|path|line|text)$/.test(name);
  const element = isSvg ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function number(value) {
  if (value >= 1e6) return (value / 1e6).toFixed(1) + ' M';
  if (value >= 1e4) return Math.round(value / 1e3) + ' k';
  return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1);
}

function duration(ms) {
  if (ms === null) return '-';
  if (ms < 10) return ms.toFixed(ms < 1 ? 2 : 1) + ' ms';
  if (ms < 1000) return Math.round(ms) + ' ms';
  if (ms < 60000) return (ms / 1000).toFixed(1) + ' s';
  if (ms < 3600000) return Math.floor(ms / 60000) + ' min';
  return Math.floor(ms / 3600000) + ' h ' + Math.floor(ms / 60000) % 60 + ' min';
}

const percent = (part) => Math.round(part * 100) + ' %';
const plural = (count, noun) => number(count) + ' ' + noun + (count === 1 ? '' : 's');

function drawTiles({ now, p50, p99, connections, inFlight, totals }) {
  const tiles = {
    'requests a second': number(now.requests),
    'p50, last 10 s': duration(p50),
    'p99, last 10 s': duration(p99),
    'at work now': number(inFlight),
    'open connections': number(connections),
    'jobs a second': number(now.jobs),
    'refused so far': number(totals.refusals + totals.sheds),
    'failed so far': number(totals.failures + totals.timeouts),
    'threads lost so far': number(totals.deaths),
  };
  byId('tiles').replaceChildren(...Object.entries(tiles).map(([name, value]) =>
    make('div', {}, make('dt', {}, name), make('dd', {}, value))));
}

function lane(thread) {
  const isBad = thread.moves === false || ['given-up', 'restarting'].includes(thread.phase);
  const word = thread.moves === false ? 'does not move' : thread.phase;
  const facts = [
    percent(thread.load) + ' load',
    thread.lagMs === null ? '' : 'lag ' + duration(thread.lagMs),
    plural(thread.connections, 'connection'),
    number(thread.requests) + ' requests a second',
    thread.deaths === 0 ? '' : 'died ' + plural(thread.deaths, 'time'),
  ].filter((fact) => fact !== '');
  const at = thread.at.map(({ line, ms, isAnswering }) =>
    make('li', ms > 5000 ? { class: 'old' } : {}, line + ' \\u00b7 ' + (isAnswering ? 'sending, ' : '') + duration(ms)));
  if (thread.more > 0) at.push(make('li', { class: 'none' }, 'and ' + thread.more + ' more'));
  if (at.length === 0) at.push(make('li', { class: 'none' }, 'at work on no request at this moment'));
  return make('li', {},
    make('div', { class: 'top' }, make('b', {}, 'server-' + thread.index),
      make('span', { class: isBad ? 'phase bad' : 'phase' }, word),
      make('span', { class: 'facts' }, facts.join(' \\u00b7 '))),
    make('meter', { min: 0, max: 1, low: 0.8, optimum: 0, value: thread.load, 'aria-label': 'load of server-' + thread.index }),
    make('ul', { class: 'at', role: 'list' }, ...at));
}

const MOST_DOTS = 24;
const MOST_WORKERS = 16;

/** Where worker number \`at\` of so many is drawn. */
function spotOf(at, count) {
  const rows = Math.min(count, 4);
  const size = 22;
  return { x: 290 + Math.floor(at / rows) * 34, y: 14 + (at % rows) * (116 / rows) + (116 / rows - size) / 2, size };
}

function drawQueue({ pool, now }) {
  const svg = byId('queue');
  const flying = [...svg.querySelectorAll('.flies, .done')];
  const parts = [
    make('path', { class: 'belt', d: 'M8 72H262' }),
    make('text', { x: 8, y: 14 }, 'jobs that wait'),
    make('text', { x: 290, y: 10 }, 'pool threads'),
  ];
  const shown = Math.min(now.waiting, MOST_DOTS);
  for (let at = 0; at < shown; at += 1)
    parts.push(make('circle', { class: 'waits', cx: 254 - Math.floor(at / 3) * 18, cy: 54 + (at % 3) * 18, r: 6 }));
  if (now.waiting > shown) parts.push(make('text', { class: 'strong', x: 8, y: 34 }, '+ ' + number(now.waiting - shown) + ' more'));
  const workers = pool.slice(0, MOST_WORKERS);
  for (const [at, { isBusy, phase }] of workers.entries()) {
    const { x, y, size } = spotOf(at, workers.length);
    parts.push(make('rect', { class: 'worker' + (isBusy ? ' busy' : '') + (phase === 'ready' ? '' : ' away'), x, y, width: size, height: size, rx: 5 }));
  }
  if (pool.length > workers.length) parts.push(make('text', { x: 290, y: 146 }, 'and ' + (pool.length - workers.length) + ' more'));
  svg.replaceChildren(...parts, ...flying);
  const busy = pool.filter(({ isBusy }) => isBusy).length;
  const text = pool.length === 0
    ? 'No job was given yet, so the pool has no threads.'
    : busy + ' of ' + plural(pool.length, 'pool thread') + ' at work, ' + plural(now.waiting, 'job') + ' waiting, ' + number(now.jobs) + ' done a second.';
  byId('queue-text').textContent = text;
  svg.setAttribute('aria-label', text);
  byId('workers').replaceChildren(...pool.slice(0, 32).map(({ index, isBusy, load, phase }) =>
    make('li', {}, 'pool-' + index + ': ' + (phase === 'ready' ? (isBusy ? 'runs a job' : 'free') : phase) + ', ' + percent(load))));
}

/** Jobs on their way: from the end of the line to a pool thread, and out of it. Some of them, where there are many. */
function animateJobs({ pool, now }) {
  if (isCalm() || document.hidden) return;
  const workers = pool.slice(0, MOST_WORKERS);
  if (workers.length === 0) return;
  const started = Math.min(Math.ceil(now.jobs), 10);
  for (let at = 0; at < started; at += 1) {
    const { x, y, size } = spotOf(Math.floor(Math.random() * workers.length), workers.length);
    const [endX, endY] = [x + size / 2, y + size / 2];
    const dot = make('circle', { class: 'flies', cx: 0, cy: 0, r: 6 });
    byId('queue').append(dot);
    dot.animate([
      { transform: 'translate(0px, 72px)', opacity: 0 },
      { transform: 'translate(254px, 72px)', opacity: 1, offset: 0.45 },
      { transform: 'translate(' + endX + 'px, ' + endY + 'px)', opacity: 1, offset: 0.7 },
      { transform: 'translate(' + endX + 'px, ' + endY + 'px)', opacity: 1, offset: 0.85 },
      { transform: 'translate(436px, ' + endY + 'px)', opacity: 0 },
    ], { duration: 1600, delay: (at / started) * 900, fill: 'backwards', easing: 'ease-in-out' }).finished
      .then(() => dot.remove(), () => dot.remove());
  }
}

const WIDTH = 440;
const HEIGHT = 130;
const SECONDS = 300;

/** A round number that is not below a value. */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value) ?? value;
}

/** Lines over the last five minutes; where nothing was measured a line has a gap. */
function drawPlot(id, points, lines, name, unit) {
  const svg = byId(id);
  const values = points.flatMap((point) => Object.values(lines).map((of) => of(point) ?? 0));
  const top = roundUp(Math.max(...values, 1));
  const end = points.at(-1)?.at ?? Date.now();
  const x = ({ at }) => 36 + (WIDTH - 44) * (1 - (end - at) / (SECONDS * 1000));
  const y = (value) => HEIGHT - 20 - (HEIGHT - 32) * (value / top);
  const parts = [];
  for (const part of [0, 0.5, 1]) {
    parts.push(make('line', { class: 'grid', x1: 36, x2: WIDTH - 8, y1: y(top * part), y2: y(top * part) }));
    parts.push(make('text', { x: 32, y: y(top * part) + 4, 'text-anchor': 'end' }, number(top * part)));
  }
  parts.push(make('text', { x: 36, y: HEIGHT - 4 }, '5 min ago'), make('text', { x: WIDTH - 8, y: HEIGHT - 4, 'text-anchor': 'end' }, 'now'));
  for (const [className, of] of Object.entries(lines)) {
    let d = '';
    let pen = 'M';
    for (const point of points) {
      const value = of(point);
      if (value === null) { pen = 'M'; continue; }
      d += pen + x(point).toFixed(1) + ' ' + y(value).toFixed(1);
      // A single point is drawn as a dot.
      if (pen === 'M') d += 'h.1';
      pen = 'L';
    }
    parts.push(make('path', { class: 'plot ' + className, d }));
  }
  svg.replaceChildren(...parts);
  svg.setAttribute('aria-label', name + '; at most ' + number(Math.max(...values, 0)) + unit + ' in the last five minutes');
}
`;
