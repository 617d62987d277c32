import type { Log, Severity } from '#observe/log.ts';

/** A stack with its causes; an error may hold anything. */
export const MOST_ENTRY_CHARACTERS = 4_000;

/**
 * A log whose warnings and errors the supervisor is told of too, for the live view: of each one a second at most, for where
 * one request fails many do.
 * @param log where it all goes
 * @param tell tells the supervisor of one entry, which is cut where it is long
 */
export function toldLog(log: Log, tell: (severity: Severity, message: string) => void): Log {
  const ways = {
    error: onceASecond((message) => tell('error', message)),
    // Apart: what limits turn away each second would hide what fails.
    warning: onceASecond((message) => tell('warning', message)),
    info: () => undefined,
  } as const;
  return {
    write: (severity, message) => {
      log.write(severity, message);
      ways[severity](message);
    },
  };
}

function onceASecond(tell: (message: string) => void): (message: string) => void {
  let second = -1;
  let untold = 0;
  return (message) => {
    const now = Math.floor(performance.now() / 1000);
    if (now === second) {
      untold += 1;
      return;
    }
    const [first = '', ...rest] = message.slice(0, MOST_ENTRY_CHARACTERS).split('\n');
    const more = untold === 0 ? '' : ` (${untold} more before it)`;
    tell([`${first}${more}`, ...rest].join('\n'));
    second = now;
    untold = 0;
  };
}
