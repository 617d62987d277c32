import { Socket } from 'node:net';

/** What a socket does with bytes that were read into the array it was given. @returns `false` stops it reading */
export type OnRead = (this: Socket, length: number, bytes: Buffer) => boolean;

/** Under which symbols a socket keeps what its option `onread` says. */
interface ReadSymbols {
  readonly buffer: symbol;
  readonly callback: symbol;
}

/** `null` until they were looked for. */
let symbols: ReadSymbols | undefined | null = null;

/**
 * Has a socket read into an array that others read into as well, instead of one of 64 KiB for each read. That is what the
 * option `onread` of `net.Socket` is for, but Node takes it for sockets that connect only, not for those that a server
 * accepts: so it is set where the option would be, by symbols that are not documented.
 *
 * From then on there is no `data` event; `pause()`, `resume()` and `end` work as ever.
 * @param socket that nothing was read from yet
 * @param bytes overwritten by each read
 * @param onRead called with each; shared by all sockets
 * @returns `false` where this runtime does not work like that: nothing has changed then
 */
export function readInto(socket: Socket, bytes: Buffer, onRead: OnRead): boolean {
  if (symbols === null) symbols = findSymbols();
  const handle: unknown = Reflect.get(socket, '_handle');
  if (symbols === undefined || !isReader(handle)) return false;
  Reflect.set(socket, symbols.buffer, bytes);
  Reflect.set(socket, symbols.callback, onRead);
  handle.useUserBuffer(bytes);
  return true;
}

/**
 * Has a socket of {@link readInto} tell what it reads by `data` events, as any other.
 * @param socket any; one that was never given an array is left as it is
 */
export function readAsEvents(socket: Socket): void {
  if (symbols === undefined || symbols === null) return;
  if (typeof Reflect.get(socket, symbols.callback) === 'function') {
    Reflect.set(socket, symbols.callback, pushCopy);
  }
}

function pushCopy(this: Socket, length: number, bytes: Buffer): boolean {
  return this.push(Buffer.from(bytes.subarray(0, length)));
}

function findSymbols(): ReadSymbols | undefined {
  const all = Object.getOwnPropertySymbols(new Socket());
  const named = (name: string) => all.find(({ description }) => description === name);
  const buffer = named('kBuffer');
  const callback = named('kBufferCb');
  return buffer === undefined || callback === undefined ? undefined : { buffer, callback };
}

function isReader(handle: unknown): handle is { useUserBuffer(bytes: Uint8Array): void } {
  return (
    typeof handle === 'object' &&
    handle !== null &&
    typeof Reflect.get(handle, 'useUserBuffer') === 'function'
  );
}
