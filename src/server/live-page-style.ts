/** The style of the live view. */
export const STYLE = `
:root { --text: #1c1b1f; --ground: #faf8f6; --quiet: #645f68; --box: #fff; --line: #dcd6d0; --a: #1f6feb; --b: #b3541e; --ok: #1a7f4b; --bad: #b3261e; --track: #ece7e2 }
@media (prefers-color-scheme: dark) {
  :root { --text: #e8e4ea; --ground: #151417; --quiet: #a8a2ae; --box: #201e23; --line: #3a373f; --a: #79b0ff; --b: #f0a06a; --ok: #5fd39a; --bad: #ff8a7d; --track: #322f37 }
}
* { box-sizing: border-box }
body { background: var(--ground); color: var(--text); font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 80rem; padding: 1rem }
header { align-items: center; display: flex; flex-wrap: wrap; gap: .25rem 1rem }
h1 { font-size: 1.4rem; margin: 0 }
h2 { font-size: 1.1rem; margin: 1.5rem 0 .25rem }
h3 { font-size: .95rem; margin: 0 0 .5rem }
p { margin: .25rem 0 }
#about, .lead, #queue-text, #calm { color: var(--quiet) }
.lead { max-width: 52rem }
.lead b { color: var(--text) }
#about { flex: 1 1 14rem }
#state { border: 1px solid currentColor; border-radius: 1rem; color: var(--quiet); font-weight: 600; padding: 0 .7rem }
#state.ok { color: var(--ok) }
#state.bad { color: var(--bad) }
button { background: var(--box); border: 1px solid var(--line); border-radius: .4rem; color: inherit; cursor: pointer; font: inherit; padding: .3rem .8rem }
kbd { border: 1px solid var(--line); border-radius: .2rem; font-size: .75rem; padding: 0 .3rem }
:focus-visible { outline: 2px solid var(--a); outline-offset: 2px }
#tiles { display: grid; gap: .5rem; grid-template-columns: repeat(auto-fit, minmax(7.2rem, 1fr)); margin: 1rem 0 0 }
#tiles div, #lanes > li, #pool, figure, #entries details { background: var(--box); border: 1px solid var(--line); border-radius: .5rem }
#tiles div { padding: .4rem .7rem }
#tiles dt { color: var(--quiet); font-size: .8rem }
#tiles dd { font-size: 1.3rem; font-variant-numeric: tabular-nums; margin: 0 }
#flow { display: grid; gap: 1rem; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); margin-top: .75rem }
ol { list-style: none; margin: 0; padding: 0 }
#lanes { display: grid; gap: .5rem; grid-template-columns: minmax(0, 1fr) }
#lanes > li { padding: .5rem .7rem }
#pool { padding: .6rem .8rem }
.top { align-items: baseline; display: flex; flex-wrap: wrap; gap: 0 .8rem }
.top b { min-width: 5rem }
.phase { color: var(--ok); font-weight: 600 }
.phase.bad { color: var(--bad) }
.facts { color: var(--quiet); font-variant-numeric: tabular-nums; margin-left: auto }
meter { appearance: none; background: var(--track); border: 0; border-radius: .25rem; display: block; height: .45rem; margin: .3rem 0; overflow: hidden; width: 100% }
meter::-webkit-meter-bar { background: var(--track); border: 0; border-radius: .25rem; height: .45rem }
meter::-webkit-meter-optimum-value { background: var(--a) }
meter::-webkit-meter-suboptimum-value { background: var(--b) }
meter::-moz-meter-bar { background: var(--a) }
meter:-moz-meter-sub-optimum::-moz-meter-bar { background: var(--b) }
.at { display: flex; list-style: none; margin: 0; padding: 0; flex-wrap: wrap; gap: .25rem }
.at li { background: var(--track); border-radius: .25rem; font: .8rem/1.6 ui-monospace, monospace; max-width: 100%; overflow: hidden; padding: 0 .4rem; text-overflow: ellipsis; white-space: nowrap }
.at .none { background: none; color: var(--quiet); font-family: inherit; padding: 0 }
.at .old { color: var(--bad) }
svg { display: block; height: auto; width: 100% }
svg text { fill: var(--quiet); font: 11px system-ui, sans-serif }
svg .strong { fill: var(--text); font-weight: 600 }
.waits, .flies { fill: var(--b) }
.done { fill: var(--ok) }
.worker { fill: var(--track); stroke: var(--line) }
.worker.busy { fill: var(--b); stroke: var(--b) }
.worker.away { stroke-dasharray: 3 3 }
.belt { fill: none; stroke: var(--line); stroke-width: 2 }
#workers { display: grid; gap: 0 1rem; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)) }
#workers li { color: var(--quiet); font-size: .85rem; font-variant-numeric: tabular-nums }
#plots { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); margin-top: .5rem }
figure { margin: 0; padding: .5rem .7rem }
figcaption { font-size: .85rem }
.key { white-space: nowrap }
.key::before { border-radius: 50%; content: ""; display: inline-block; height: .6rem; margin-right: .2rem; width: .6rem }
.key.a::before { background: var(--a) }
.key.b::before { background: var(--b) }
.plot { fill: none; stroke-linejoin: round; stroke-width: 1.6 }
.plot.a { stroke: var(--a) }
.plot.b { stroke: var(--b); stroke-dasharray: 5 2 }
.grid { stroke: var(--line); stroke-width: 1 }
details { margin-top: .6rem }
summary { cursor: pointer }
#legend dl { display: grid; gap: .2rem .8rem; grid-template-columns: max-content 1fr }
#legend dt { font-weight: 600 }
#legend dd { color: var(--quiet); margin: 0 }
#entries details { margin: .4rem 0; padding: .4rem .7rem }
#entries summary { overflow-wrap: anywhere }
#entries time { color: var(--quiet); margin-right: .5rem }
#entries .error { color: var(--bad); font-weight: 600 }
#entries .warning { color: var(--b); font-weight: 600 }
pre { font: .8rem/1.5 ui-monospace, monospace; margin: .4rem 0 0; overflow-x: auto }
@media (max-width: 48rem) {
  body { padding: .7rem }
  #flow { grid-template-columns: minmax(0, 1fr) }
  .facts { margin-left: 0; width: 100% }
  #legend dl { grid-template-columns: 1fr }
}
`;
