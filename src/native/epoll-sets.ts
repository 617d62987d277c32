import { fstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

const EVENT_POLL = 'anon_inode:[eventpoll]';

/** What the event loops of this process watched when it was asked, as `/proc` tells it. */
export class EpollSets {
  /** Descriptors of sets, by what they watch: a descriptor and the number of the socket behind it. */
  readonly #sets = new Map<string, number[]>();

  /** Reads all sets of this process; without `/proc` there are none. */
  constructor() {
    for (const set of descriptorsOfSets()) {
      for (const [, fd, inode] of readSet(set).matchAll(/^tfd: +(\d+) .* ino:([\da-f]+) /gm)) {
        const key = `${fd} ${Number.parseInt(inode ?? '', 16)}`;
        const sets = this.#sets.get(key) ?? [];
        sets.push(set);
        this.#sets.set(key, sets);
      }
    }
  }

  /** The sets that watch this descriptor, and what it refers to now. */
  of(fd: number): readonly number[] {
    const inode = inodeOf(fd);
    return inode === undefined ? [] : (this.#sets.get(`${fd} ${inode}`) ?? []);
  }
}

function inodeOf(fd: number): number | undefined {
  try {
    return fstatSync(fd).ino;
  } catch {
    // The thread has closed it meanwhile.
    return undefined;
  }
}

function descriptorsOfSets(): number[] {
  try {
    return readdirSync('/proc/self/fd').map(Number).filter(isSet);
  } catch {
    return [];
  }
}

function isSet(fd: number): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`) === EVENT_POLL;
  } catch {
    // Closed meanwhile, as the one of the listing itself.
    return false;
  }
}

function readSet(set: number): string {
  try {
    return readFileSync(`/proc/self/fdinfo/${set}`, 'latin1');
  } catch {
    return '';
  }
}
