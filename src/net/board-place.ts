import type { Socket } from 'node:net';
import type { RequestHead } from '#http1/request-head.ts';
import type { ServerProtocol } from '#http1/server-protocol.ts';
import { descriptorOfSocket } from '#native/socket-descriptor.ts';
import { CONNECTION_STATES, type ConnectionBoard, type ConnectionState } from './connection-board.ts';
import type { ConnectionPhase } from './phase-deadline.ts';
import type { ReplyWriter } from './reply-writer.ts';

/** One connection's place on the board of its thread. */
export class BoardPlace {
  readonly #board: ConnectionBoard;
  #slot: number;
  #shown: ConnectionState = CONNECTION_STATES.idle;

  /**
   * @param board the thread's
   * @param socket the connection's
   */
  constructor(board: ConnectionBoard, socket: Socket) {
    this.#board = board;
    this.#slot = board.claim(descriptorOfSocket(socket));
  }

  /**
   * A request is about to be given to the handler, which may never come back. Shown before, and with the answers to
   * earlier requests of the same read in mind: they have not left, so whoever answers for us would answer the wrong one.
   */
  begin(request: RequestHead, writer: ReplyWriter, time: number): void {
    const start = request.base;
    const end = start + request.targetEnd;
    this.#shown = writer.isEmpty ? CONNECTION_STATES.handling : CONNECTION_STATES.answering;
    this.#board.begin(this.#slot, request.bytes, start, end, this.#shown, time);
  }

  /** Shows where the connection stands at the end of a turn. */
  show(phase: ConnectionPhase, protocol: ServerProtocol, writer: ReplyWriter): void {
    if (phase === 'closed') return;
    const state = stateOf(phase, protocol, writer);
    if (state === this.#shown) return;
    this.#shown = state;
    this.#board.set(this.#slot, state);
  }

  /** The connection is gone. */
  release(): void {
    this.#board.release(this.#slot);
    this.#slot = -1;
  }
}

function stateOf(phase: ConnectionPhase, protocol: ServerProtocol, writer: ReplyWriter): ConnectionState {
  if (phase === 'lingering') return CONNECTION_STATES.lingering;
  if (protocol.looksComplete) return CONNECTION_STATES.unframed;
  if (protocol.replyState === 'streaming' || !writer.isEmpty) return CONNECTION_STATES.answering;
  if (phase === 'handling') return CONNECTION_STATES.handling;
  return phase === 'idle' && protocol.unreadBytes === 0 ? CONNECTION_STATES.idle : CONNECTION_STATES.reading;
}
