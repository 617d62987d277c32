import { ICON_STYLE } from './listing-icons.ts';

/** The style of a listing, light and dark. Columns have their widths from here: thousands of lines need not be measured. */
export const STYLE: string = `
:root { --ink: #1b1f24; --quiet: #5c6670; --line: #e6e9ec; --ground: #fff; --hover: #f2f6fb; --link: #0b57b0; --folder: #b7791f }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ec; --quiet: #97a1ab; --line: #2b3138; --ground: #14171a; --hover: #1d2329; --link: #85bdff; --folder: #e0b35a }
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1.25rem; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground) }
header { display: flex; flex-wrap: wrap; gap: .75rem 1.5rem; align-items: center; justify-content: space-between; margin-bottom: 1rem; min-height: 2.25rem }
nav { font-size: 1.2rem; font-weight: 600; overflow-wrap: anywhere; padding-left: .5rem }
nav i { margin: 0 .4rem; color: var(--quiet); font-style: normal; font-weight: 400 }
a { color: var(--link); text-decoration: none }
a:hover { text-decoration: underline }
:is(a, button, input):focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px }
input { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--line); border-radius: 6px; padding: .25rem .6rem; width: 14rem }
table { width: 100%; table-layout: fixed; border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .4rem .5rem; text-align: left; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; vertical-align: top }
th { color: var(--quiet); font-weight: 600 }
th:nth-child(2) { width: 6.5rem }
th:nth-child(3) { width: 13rem }
:is(th, td):nth-child(2) { text-align: right }
:is(th, td):nth-child(3) { padding-left: 1.5rem }
td:nth-child(n+2) { color: var(--quiet) }
td:first-child { position: relative; padding-left: 2.2rem }
td:first-child::before { content: ""; position: absolute; left: .5rem; top: .6rem; width: 1rem; height: 1rem; background: var(--quiet); mask: var(--icon) }
tr.folder td:first-child::before { background: var(--folder) }
tbody tr:is(:hover, :focus-within) { background: var(--hover) }
th button { all: unset; cursor: pointer }
th[aria-sort=ascending] button::after { content: " ↑" }
th[aria-sort=descending] button::after { content: " ↓" }
footer { display: flex; flex-wrap: wrap; gap: .5rem 2rem; justify-content: space-between; margin-top: 1rem; padding: 0 .5rem; color: var(--quiet) }
kbd { font: .8em ui-monospace, monospace; border: 1px solid var(--line); border-radius: 4px; padding: .1em .4em; margin-left: .6em }
[hidden] { display: none }
@media (max-width: 34rem) { :is(th, td):nth-child(3), .keys { display: none } }
${ICON_STYLE}
`;
