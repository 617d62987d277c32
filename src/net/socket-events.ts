import type { Socket } from 'node:net';
import { readAsEvents, readInto } from '#native/read-into.ts';

/** What is told of a socket. */
export interface SocketListener {
  /**
   * Bytes came from the peer.
   * @param bytes an array that begins with them; overwritten by the next that come, on whatever connection of the thread
   * @param length how many there are
   */
  onSocketData(bytes: Buffer, length: number): void;
  /** The peer ended its side. */
  onSocketEnd(): void;
  /** The socket took all that was written. */
  onSocketDrain(): void;
  /** All that was written before our end is out. */
  onSocketFinish(): void;
  /** The socket is gone. */
  onSocketClose(): void;
}

const LISTENER = Symbol('listener');
type HeardSocket = Socket & { [LISTENER]: SocketListener };

/** All connections of the thread read into it: an array for each read, and its end, took a tenth of a short answer. */
let readBytes: Buffer | undefined;
const READ_BYTES = 65_536;

/**
 * Listens to a socket; the functions are shared by all sockets, so that a connection costs no closures.
 * @param listener gets what happens from now on
 */
export function listenToSocket(socket: Socket, listener: SocketListener): void {
  (socket as HeardSocket)[LISTENER] = listener;
  readBytes ??= Buffer.allocUnsafeSlow(READ_BYTES);
  if (readInto(socket, readBytes, onRead)) socket.resume();
  else socket.on('data', onData);
  socket.on('end', onEnd);
  socket.on('drain', onDrain);
  socket.on('finish', onFinish);
  socket.on('error', onError);
  socket.on('close', onClose);
}

/**
 * Stops or goes on reading.
 * @returns `false` where that was so already
 */
export function steerReading(socket: Socket, mustWait: boolean): boolean {
  if (mustWait === socket.isPaused()) return false;
  if (mustWait) socket.pause();
  else socket.resume();
  return true;
}

/** Leaves a socket to somebody else, paused. */
export function leaveSocket(socket: Socket): void {
  socket.pause();
  readAsEvents(socket);
  socket.removeListener('data', onData);
  socket.removeListener('end', onEnd);
  socket.removeListener('drain', onDrain);
  socket.removeListener('finish', onFinish);
  socket.removeListener('error', onError);
  socket.removeListener('close', onClose);
}

function onRead(this: Socket, length: number, bytes: Buffer): boolean {
  (this as HeardSocket)[LISTENER].onSocketData(bytes, length);
  return true;
}

function onData(this: Socket, chunk: Buffer): void {
  (this as HeardSocket)[LISTENER].onSocketData(chunk, chunk.length);
}

function onEnd(this: Socket): void {
  (this as HeardSocket)[LISTENER].onSocketEnd();
}

function onDrain(this: Socket): void {
  (this as HeardSocket)[LISTENER].onSocketDrain();
}

function onFinish(this: Socket): void {
  (this as HeardSocket)[LISTENER].onSocketFinish();
}

/** A peer that resets its connection is everyday; 'close' follows and tells whoever waits. */
function onError(): void {}

function onClose(this: Socket): void {
  (this as HeardSocket)[LISTENER].onSocketClose();
}
