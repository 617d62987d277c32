import { lstatSync, unlinkSync } from 'node:fs';
import { descriptorOf } from '#native/held-socket.ts';
import { closeDescriptor } from '#native/lease.ts';
import type { KeptFile } from './launcher-messages.ts';

/** Whatever stands for a descriptor, kept so that it stays open. */
interface Kept {
  readonly fd: number;
  /** Node's handle of one that came from another process; one that this process was started with has none. */
  readonly handle: { close(): void } | undefined;
}

/**
 * The listening sockets of a server, in a process that neither polls them nor accepts: while any process holds them, the
 * kernel queues who connects. Start: with those that systemd passed, or none. Stop: {@link release}.
 */
export class KeptSockets {
  #kept: Kept[];
  #oneEach = false;
  #file: KeptFile | undefined;

  /** @param inherited descriptors that this process was started with; they belong to this object from now on */
  constructor(inherited: readonly number[] = []) {
    this.#kept = inherited.map((fd) => ({ fd, handle: undefined }));
  }

  /** The descriptors, in their order. */
  get descriptors(): readonly number[] {
    return this.#kept.map(({ fd }) => fd);
  }

  /** Whether every server thread has one of its own. */
  get oneEach(): boolean {
    return this.#oneEach;
  }

  /**
   * Keeps a socket that a server has sent. The first makes whatever was kept before obsolete.
   * @param handle Node's handle of it
   * @param about its place among all, whose it is, its file
   * @throws Error where this Node shows no descriptor for it
   */
  keep(
    handle: { close(): void },
    { index, oneEach, file }: { readonly index: number; readonly oneEach: boolean; readonly file?: KeptFile },
  ): void {
    if (index === 0) this.#close();
    this.#kept.push({ fd: descriptorOf(handle), handle });
    this.#oneEach = oneEach;
    this.#file = file;
  }

  /**
   * Gives the sockets up: who connects from now on is refused, unless a server listens still. Removes the file of a Unix
   * domain socket, as whoever made it would.
   */
  release(): void {
    this.#close();
    const file = this.#file;
    this.#file = undefined;
    if (file === undefined) return;
    try {
      if (lstatSync(file.path).ino === file.inode) unlinkSync(file.path);
    } catch {
      // It is gone, or not this user's to remove any more. The next server replaces what nobody listens on.
    }
  }

  #close(): void {
    for (const { fd, handle } of this.#kept) {
      if (handle === undefined) closeDescriptor(fd);
      else handle.close();
    }
    this.#kept = [];
  }
}
