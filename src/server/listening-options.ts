import type { OptionRow } from './option-row.ts';

/** Rows of the table of options: where a server listens, and whom it believes. */
export const LISTENING_OPTIONS = {
  port: {
    kind: 'port',
    flag: '-p, --port <port>',
    env: 'PORT',
    default: 7878,
    about: 'the port; 0 lets the system choose',
    reason: "the book's own",
  },
  hostname: {
    kind: 'text',
    flag: '--host [address]',
    env: 'HOST',
    default: '127.0.0.1',
    about: 'the address; --host alone listens on all interfaces, by IPv6 and IPv4',
    reason: 'nothing is exposed to the network that nobody asked to expose',
  },
  socket: {
    kind: 'path',
    flag: '--socket <path>',
    env: 'HEDDLE_SOCKET',
    default: '',
    about: 'a Unix domain socket to listen on instead of a port',
    reason: 'a browser needs a port',
  },
  socketMode: {
    kind: 'mode',
    flag: '--socket-mode <mode>',
    env: 'HEDDLE_SOCKET_MODE',
    default: 'umask',
    about: 'who may connect to that socket, in octal: 660; umask: as the process makes files',
    reason: 'whoever starts the server has chosen its umask',
  },
  admin: {
    kind: 'endpoint',
    flag: '--admin [address]',
    env: 'HEDDLE_ADMIN',
    default: '',
    about:
      'where health, /metrics and the live view answer: [host:]port; --admin alone: 7879; not from an app module',
    reason: 'whoever reaches it sees how busy the server is',
  },
  trustProxy: {
    kind: 'proxies',
    flag: '--trust-proxy <hops|addresses>',
    env: 'HEDDLE_TRUST_PROXY',
    default: 0,
    about:
      'proxies whose X-Forwarded-* and Forwarded count: how many hops, or a list: loopback, private, 10.1.0.0/16',
    reason: 'without a proxy anyone can write these fields',
  },
} as const;
LISTENING_OPTIONS satisfies Record<string, OptionRow>;
