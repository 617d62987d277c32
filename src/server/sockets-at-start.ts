import { type InheritedSockets, takeInherited } from './inherited-sockets.ts';
import type { SocketKeeper } from './socket-keeper.ts';

/**
 * The sockets that this process was started with: those of a keeper, else what systemd passes.
 * @param keeper another process that holds them too
 */
export function inheritedSockets(keeper?: SocketKeeper): InheritedSockets {
  const descriptors = takeInherited(process.env, process.pid);
  return keeper?.kept ?? { descriptors, oneEach: false };
}
