/**
 * The script of a listing. The page is whole without it: it adds the filter, the order by column, local times and keys.
 * Of thousands of lines none is touched before somebody looks for something: times are made local as they come into sight.
 */
export const SCRIPT: string = `
'use strict';
const body = document.querySelector('tbody');
const filter = document.querySelector('input');
const up = body.querySelector('.up');
const lines = [...body.rows].filter((row) => row !== up);
const linkOf = (row) => row.querySelector('a');
const nameOf = (row) => linkOf(row).textContent;
const isFolder = (row) => linkOf(row).getAttribute('href').endsWith('/');

const sight = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting } of seen) {
    if (!isIntersecting) continue;
    sight.unobserve(target);
    const date = new Date(target.dateTime);
    target.title = date.toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' });
    target.textContent = date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
  }
});
for (const time of document.querySelectorAll('time')) sight.observe(time);

filter.hidden = false;
document.querySelector('.keys').hidden = false;
filter.oninput = () => {
  const wanted = filter.value.toLowerCase();
  for (const row of lines) row.hidden = !nameOf(row).toLowerCase().includes(wanted);
};

const names = new Intl.Collator(undefined, { numeric: true });
const byName = (a, b) => names.compare(nameOf(a), nameOf(b));
const orders = [
  byName,
  (a, b) => (a.cells[1].dataset.size ?? 0) - (b.cells[1].dataset.size ?? 0),
  (a, b) => new Date(a.querySelector('time')?.dateTime ?? 0) - new Date(b.querySelector('time')?.dateTime ?? 0),
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
    lines.sort((a, b) => isFolder(b) - isFolder(a) || sign * orders[at](a, b) || byName(a, b));
    body.append(...lines);
  };
}

// Whoever comes back from a folder goes on at its line.
const from = document.referrer;
const here = location.href.split(/[?#]/)[0];
if (from.startsWith(here) && from !== here) {
  lines.map(linkOf).find((link) => link.href.endsWith('/') && from.startsWith(link.href))?.focus();
}

addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const { key } = event;
  const isTyping = document.activeElement === filter;
  const links = () => [...body.rows].filter((row) => !row.hidden).map(linkOf);
  if (isTyping && key === 'Escape') {
    filter.value = '';
    filter.oninput();
    filter.blur();
  } else if (isTyping && key === 'Enter') {
    links().find((link) => link.rel !== 'up')?.click();
  } else if (!isTyping && key === '/') {
    filter.focus();
    filter.select();
  } else if (!isTyping && key === 'Backspace' && up !== null) {
    linkOf(up).click();
  } else {
    const step = key === 'ArrowDown' || (key === 'j' && !isTyping) ? 1 : key === 'ArrowUp' || (key === 'k' && !isTyping) ? -1 : 0;
    if (step === 0) return;
    const all = links();
    const at = all.indexOf(document.activeElement);
    all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))]?.focus();
  }
  event.preventDefault();
});
`;
