// heddle beside its peers: CPU time a request, in one run.
// npm run bench -- [SCENARIO...] [--install] [--rounds N] [--seconds S] [--peers heddle,nginx] [--write] [--against REV]
// Needs wrk and taskset; --install gets the peers from npm into bench/peers, and from Debian: wrk nginx h2o caddy gcc.
// --write puts the report into docs/benchmarks.md. --against compares with another revision of heddle.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compareRevisions } from './suite/against.ts';
import { installPeers } from './suite/install.ts';
import { contestants, type Effort, measure } from './suite/measure.ts';
import { findPeers, makeWorkplace } from './suite/peers.ts';
import { drawResult, formatHead, formatResult, type Result } from './suite/report.ts';
import { SCENARIOS, type Scenario } from './suite/scenarios.ts';
import { measureSpecials, SPECIALS } from './suite/specials.ts';

const DOCS = fileURLToPath(new URL('../docs/', import.meta.url));

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      peers: { type: 'string' },
      write: { type: 'boolean', default: false },
      against: { type: 'string' },
      install: { type: 'boolean', default: false },
    },
  });
  const known = [...SCENARIOS.map(({ name }) => name), ...Object.keys(SPECIALS)];
  const stranger = positionals.find((name) => !known.includes(name));
  if (stranger !== undefined)
    throw new Error(`There is no scenario ${stranger}; there are ${known.join(', ')}.`);
  return { ...values, names: positionals.length === 0 ? known : positionals };
}

const { names, peers: wanted, write, against, install, ...given } = readArguments();
if (install) installPeers();
const effort: Effort = { rounds: Number(given.rounds), seconds: Number(given.seconds) };
const scenarios: readonly Scenario[] = SCENARIOS.filter(({ name }) => names.includes(name));
const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-'));
try {
  const place = makeWorkplace(folder);
  if (against !== undefined) {
    await compareRevisions(against, scenarios, effort, place);
  } else {
    const { peers, missing } = findPeers(place);
    const chosen =
      wanted === undefined ? peers : peers.filter(({ name }) => wanted.split(',').includes(name));
    const versions = chosen.slice(1).map(({ name, version }) => `${name} ${version}`);
    const command = ['npm run bench --', ...process.argv.slice(2)].join(' ');
    let text = formatHead({ command, ...effort, versions, missing });
    console.log(text);
    for (const scenario of scenarios) {
      const result: Result = { scenario, contestants: contestants(scenario, chosen) };
      await measure(scenario, result.contestants, effort);
      const part = formatResult(result);
      console.log(part);
      text += `${part}\n`;
      if (write) writeFileSync(join(DOCS, 'img', `bench-${scenario.name}.svg`), drawResult(result));
    }
    text += await measureSpecials(names, (part) => console.log(part));
    if (write) writeFileSync(join(DOCS, 'benchmarks.md'), `${text.trimEnd()}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
