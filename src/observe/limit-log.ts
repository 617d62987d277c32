import { connectionsExceeded, type RequestShed, requestLimited, requestShed } from './events.ts';

/**
 * Logs what limits turn away in this thread, of each kind one line a second at most: where there is one there are many.
 * @param warn writes one line
 * @returns ends the logging
 */
export function logLimits(warn: (message: string) => void): () => void {
  const lines = new Map<string, (describe: () => string) => void>();
  const write = (kind: string, describe: () => string): void => {
    let line = lines.get(kind);
    if (line === undefined) {
      line = onceASecond(warn);
      lines.set(kind, line);
    }
    line(describe);
  };
  const ends = [
    connectionsExceeded.subscribe(({ limit, remoteAddress }) =>
      write(
        limit,
        () => `--${limit} is reached: a connection from ${remoteAddress || 'a local peer'} closed`,
      ),
    ),
    requestLimited.subscribe(({ method, target, client }) =>
      write('rate', () => `${client} asks too often: ${method} ${target} answered 429`),
    ),
    requestShed.subscribe((shed) => write(shed.reason, () => describeShed(shed))),
  ];
  return () => {
    for (const end of ends) end();
  };
}

function describeShed({ reason, method, target }: RequestShed): string {
  const why = reason === 'lag' ? 'the thread lags' : 'the queue of the pool is full';
  return `${why}: ${method} ${target} answered 503`;
}

function onceASecond(warn: (message: string) => void): (describe: () => string) => void {
  let second = -1;
  let unlogged = 0;
  return (describe) => {
    const now = Math.floor(performance.now() / 1000);
    unlogged += 1;
    if (now === second) return;
    const more = unlogged === 1 ? '' : ` (${unlogged} since the last line of this kind)`;
    warn(`${describe()}${more}`);
    second = now;
    unlogged = 0;
  };
}
