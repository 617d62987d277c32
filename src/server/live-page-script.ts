/** How the live view listens and keeps time. It runs in a browser, behind what it draws with. */
export const SCRIPT = `
let points = [];
let isPaused = false;
let last;

function drawEntries(entries) {
  byId('calm').hidden = entries.length > 0;
  const box = byId('entries');
  const open = new Set([...box.querySelectorAll('details[open]')].map((entry) => entry.dataset.key));
  const keys = entries.map(({ at, message }) => at + message.slice(0, 40));
  // What somebody reads or has the focus on is not drawn anew without need.
  if (box.dataset.keys === keys.join()) return;
  box.dataset.keys = keys.join();
  box.replaceChildren(...entries.map(({ at, severity, message }, index) => {
    const [first, ...rest] = message.split('\\n');
    const time = make('time', { datetime: new Date(at).toISOString() }, new Date(at).toLocaleTimeString());
    const summary = make('summary', {}, time, make('span', { class: severity }, severity + ' '), first);
    const entry = make('details', { 'data-key': keys[index] }, summary, make('pre', { tabindex: 0 }, rest.join('\\n') || 'no stack'));
    entry.open = open.has(keys[index]);
    return entry;
  }));
}

function drawAbout({ version, node, pid, startedAt, at, generation, generations, ready }) {
  byId('about').textContent = [version, 'Node ' + node, 'process ' + pid, 'up ' + duration(at - startedAt),
    'generation ' + generation + (generations > 1 ? ' of ' + generations + ' that run' : '')].join(' \\u00b7 ');
  showState(ready === 'ok' ? 'ready' : ready, ready === 'ok' ? 'ok' : 'bad');
}

function showState(text, className) {
  const state = byId('state');
  // Told to screen readers when it changes, not each second.
  if (state.textContent !== text) state.textContent = text;
  state.className = className;
}

function draw(snapshot) {
  drawAbout(snapshot);
  drawTiles(snapshot);
  byId('lanes').replaceChildren(...snapshot.server.map(lane));
  drawQueue(snapshot);
  drawPlot('plot-requests', points, { a: ({ requests }) => requests }, 'Requests a second', '');
  drawPlot('plot-times', points, { a: ({ p50 }) => p50, b: ({ p99 }) => p99 }, 'How long requests took', ' ms');
  drawPlot('plot-pool', points, { a: ({ busy }) => busy, b: ({ waiting }) => waiting }, 'Pool threads at work and jobs waiting', '');
  drawEntries(snapshot.entries);
  document.title = number(snapshot.now.requests) + ' requests a second \\u00b7 heddle';
}

function pause() {
  isPaused = !isPaused;
  byId('pause').setAttribute('aria-pressed', String(isPaused));
  if (!isPaused && last !== undefined) draw(last);
}

byId('pause').addEventListener('click', pause);
addEventListener('keydown', (event) => {
  if (event.key === 'p' && !event.ctrlKey && !event.metaKey && !event.altKey) pause();
});

const stream = new EventSource('/events');
stream.addEventListener('history', ({ data }) => {
  points = JSON.parse(data);
});
stream.addEventListener('snapshot', ({ data }) => {
  last = JSON.parse(data);
  if (points.at(-1)?.at !== last.now.at) points.push(last.now);
  if (points.length > SECONDS) points.shift();
  if (isPaused) return;
  draw(last);
  animateJobs(last);
});
stream.addEventListener('error', () => {
  if (stream.readyState !== EventSource.CLOSED) showState('no answer', 'bad');
  // Refused, as where too many watch: a browser does not try again by itself.
  else showState('too many watch, or it is no heddle; reload to try again', 'bad');
});
`;
