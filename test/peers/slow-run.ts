// node test/peers/slow-run.ts [connections [flags]]: slowhttptest in its four modes against heddle with the deadlines it has by default,
// for up to 30 s each. Says how many connections were held at most, and how somebody else was answered meanwhile.
import { writeFileSync } from 'node:fs';
import { readMetrics } from '../support/metrics-page.ts';
import { spawnHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { askFromElsewhere, SlowAttack } from './slow-attack.ts';

const [count = '3000', ...flags] = process.argv.slice(2);
const connections = Number(count);
const SECONDS = 30;
/** Half a megabyte for each: the kernel takes it all, and holds it. */
const PAGE_BYTES = 524_288;

const folder = temporaryFolder();
writeFileSync(`${folder}/page`, Buffer.alloc(PAGE_BYTES, 'x'));
writeFileSync(`${folder}/small`, 'small');

const modes: readonly (readonly [string, string, readonly string[]])[] = [
  ['-H', 'test/peers/slow-target.ts', ['-i', '5', '-x', '24']],
  ['-B', 'test/peers/slow-target.ts', ['-i', '5', '-s', '8192']],
  ['-R', folder, ['-a', '10', '-b', '3000']],
  ['-X', folder, ['-w', '10', '-y', '20', '-n', '5', '-z', '32', '-k', '3']],
];

for (const [mode, served, args] of modes) {
  await using heddle = await spawnHeddle([served, '--threads', '2', '--admin', '0', ...flags]);
  const admin = /heddle: admin on (\S+)/.exec(heddle.stdout)?.[1];
  await using attack = new SlowAttack(`${heddle.url}page`, connections, mode, ...args);
  const begin = performance.now();
  const times: number[] = [];
  let most = 0;
  let open = 0;
  let others = 0;
  while (!attack.isOver && performance.now() - begin < SECONDS * 1000) {
    const asked = performance.now();
    const status = await askFromElsewhere(`${heddle.url}small`).catch((error: unknown) => String(error));
    if (status === 200) times.push(performance.now() - asked);
    else others += 1;
    open = (await readMetrics(admin)).get('heddle_connections_open') ?? 0;
    most = Math.max(most, open);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const seconds = Math.round((performance.now() - begin) / 1000);
  times.sort((a, b) => a - b);
  const quantile = (part: number): number => Math.round(times[Math.floor(times.length * part)] ?? 0);
  console.log(
    `${mode}: ${connections} connections, ${most} held at most, ${open} after ${seconds} s; asked meanwhile: ${times.length} answered, ${others} not; p50 ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms, longest ${quantile(0.99999)} ms`,
  );
  await heddle.stop('SIGKILL');
}
