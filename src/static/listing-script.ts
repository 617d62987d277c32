/**
 * The script of a listing. The page is whole without it: it adds the filter, the order by column, local times and keys.
 * Of thousands of lines it touches a few hundred at a time.
 */
export const SCRIPT: string = `
'use strict';
const body = document.querySelector('tbody');
const filter = document.querySelector('input');
const up = body.querySelector('.up');
const rows = [...body.rows].filter((row) => row !== up);
const linkOf = (row) => row?.querySelector('a');

const lines = rows.map((row) => {
  const [name, size, time] = row.cells;
  return { row, name: name.textContent, folder: row.className === 'folder', size: +(size.dataset.size ?? 0), time: time.firstChild };
});

const short = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const long = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });
const makeLocal = (start) => {
  const end = start + 300;
  for (const { time } of lines.slice(start, end)) {
    if (time === null) continue;
    const date = new Date(time.dateTime);
    time.textContent = short.format(date);
    time.title = long.format(date);
  }
  if (end < lines.length) setTimeout(makeLocal, 50, end);
};
makeLocal(0);

filter.hidden = false;
document.querySelector('.keys').hidden = false;
filter.oninput = () => {
  const wanted = filter.value.toLowerCase();
  for (const { row, name } of lines) row.hidden = !name.toLowerCase().includes(wanted);
};

const names = new Intl.Collator(undefined, { numeric: true });
const stamp = ({ time }) => time?.dateTime ?? '';
const orders = [
  (a, b) => names.compare(a.name, b.name),
  (a, b) => a.size - b.size,
  (a, b) => (stamp(a) < stamp(b) ? -1 : +(stamp(a) > stamp(b))),
];
const heads = [...document.querySelectorAll('th')];
for (const [at, head] of heads.entries()) {
  const button = document.createElement('button');
  button.append(...head.childNodes);
  head.append(button);
  button.onclick = () => {
    const direction = head.ariaSort === 'ascending' ? 'descending' : 'ascending';
    for (const other of heads) other.ariaSort = null;
    head.ariaSort = direction;
    const sign = direction === 'ascending' ? 1 : -1;
    lines.sort((a, b) => b.folder - a.folder || sign * orders[at](a, b) || orders[0](a, b));
    body.append(...lines.map(({ row }) => row));
  };
}

// Whoever comes back from a folder goes on at its line.
const from = document.referrer;
const here = location.href.split(/[?#]/)[0];
if (from.startsWith(here) && from !== here) {
  rows.map(linkOf).find(({ href }) => href.endsWith('/') && from.startsWith(href))?.focus();
}

/** The line that is seen next, from the one that has the focus. */
const step = (isDown) => {
  let row = document.activeElement.closest('tbody tr');
  const first = isDown ? body.firstElementChild : body.lastElementChild;
  do {
    row = row === null ? first : isDown ? row.nextElementSibling : row.previousElementSibling;
  } while (row?.hidden);
  linkOf(row)?.focus();
};

addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const { key } = event;
  const isTyping = document.activeElement === filter;
  if (key === 'ArrowDown' || (key === 'j' && !isTyping)) step(true);
  else if (key === 'ArrowUp' || (key === 'k' && !isTyping)) step(false);
  else if (isTyping && key === 'Escape') {
    filter.value = '';
    filter.oninput();
    filter.blur();
  } else if (isTyping && key === 'Enter') {
    linkOf(lines.find(({ row }) => !row.hidden)?.row)?.click();
  } else if (!isTyping && key === '/') {
    filter.focus();
    filter.select();
  } else if (!isTyping && key === 'Backspace' && up !== null) linkOf(up).click();
  else return;
  event.preventDefault();
});
`;
