import type { OptionRow } from './option-row.ts';

/** Rows of the table of options: connections: how many, and how long each of their phases may take. */
export const CONNECTION_OPTIONS = {
  maxConnections: {
    kind: 'count',
    flag: '--max-connections <count>',
    env: 'HEDDLE_MAX_CONNECTIONS',
    default: 10_000,
    about: 'open connections of one thread; further ones are closed',
    reason: 'bounds descriptors and memory',
  },
  keepAliveMs: {
    kind: 'duration',
    flag: '--keep-alive <duration>',
    env: 'HEDDLE_KEEP_ALIVE',
    default: 75_000,
    about: 'how long an idle connection stays open',
    reason: "longer than a load balancer's 60 s, so that it never closes under one",
  },
  headMs: {
    kind: 'duration',
    flag: '--head-timeout <duration>',
    env: 'HEDDLE_HEAD_TIMEOUT',
    default: 10_000,
    about: 'by when the head of a request must be complete',
    reason: 'slow heads are how a few clients hold many connections',
  },
  bodyIdleMs: {
    kind: 'duration',
    flag: '--body-idle-timeout <duration>',
    env: 'HEDDLE_BODY_IDLE_TIMEOUT',
    default: 30_000,
    about: 'the longest wait for the next bytes of a body',
    reason: 'a phone that changes cells is back sooner',
  },
  bodyGraceMs: {
    kind: 'duration',
    flag: '--body-grace <duration>',
    env: 'HEDDLE_BODY_GRACE',
    default: 10_000,
    about: 'how long a body may be slower than the least rate',
    reason: 'connections start slowly',
  },
  minBodyBytesPerSecond: {
    kind: 'bytes',
    flag: '--min-body-rate <bytes>',
    env: 'HEDDLE_MIN_BODY_RATE',
    default: 1024,
    about: 'the least average rate of a body, in bytes a second',
    reason: 'slower than any line in use',
  },
  writeStallMs: {
    kind: 'duration',
    flag: '--write-stall-timeout <duration>',
    env: 'HEDDLE_WRITE_STALL_TIMEOUT',
    default: 30_000,
    about: 'how long a client may leave what was sent unread',
    reason: 'as for a body that comes',
  },
  peerProbeMs: {
    kind: 'duration',
    flag: '--peer-probe <duration>',
    env: 'HEDDLE_PEER_PROBE',
    default: 1_000,
    about: 'how long an answer may take until its client is looked after, and between two looks; 0: never',
    reason: 'most answers are out by then, and work for nobody ends soon',
  },
} as const;
CONNECTION_OPTIONS satisfies Record<string, OptionRow>;

/** Rows of the table of options: what is done to answers of apps. */
export const ANSWER_OPTIONS = {
  compress: {
    kind: 'switch',
    flag: '--compress',
    env: 'HEDDLE_COMPRESS',
    default: false,
    about: 'compress what a fetch app answers, for clients that take zstd, br or gzip; not for Node apps',
    reason: 'a proxy may do it, and what is secret beside what a client can choose must not be compressed',
  },
} as const;
ANSWER_OPTIONS satisfies Record<string, OptionRow>;

/** Rows of the table of options: how large the parts of a request may be. */
export const LIMIT_OPTIONS = {
  maxBodyBytes: {
    kind: 'bytes',
    flag: '--max-body <bytes>',
    env: 'HEDDLE_MAX_BODY',
    default: 10_485_760,
    about: 'the largest body that an app reads at once (413 above); streams are not bounded',
    reason: '10 MiB holds a form with photographs',
  },
  maxDiscardBytes: {
    kind: 'bytes',
    flag: '--max-discard <bytes>',
    env: 'HEDDLE_MAX_DISCARD',
    default: 65_536,
    about: 'how much of a body that nobody reads is taken to keep the connection',
    reason: 'about what a new connection costs',
  },
  maxHeadBytes: {
    kind: 'bytes',
    flag: '--max-head <bytes>',
    env: 'HEDDLE_MAX_HEAD',
    default: 16_384,
    about: 'the largest head of a request (431 above)',
    reason: "Node's own limit",
  },
  maxFields: {
    kind: 'count',
    flag: '--max-fields <count>',
    env: 'HEDDLE_MAX_FIELDS',
    default: 100,
    about: 'the most field lines of a request (431 above)',
    reason: 'browsers behind proxies send 20 to 40',
  },
  maxTargetBytes: {
    kind: 'bytes',
    flag: '--max-target <bytes>',
    env: 'HEDDLE_MAX_TARGET',
    default: 8_192,
    about: 'the longest request target (414 above)',
    reason: 'RFC9112§3 recommends at least 8000',
  },
  maxTrailerBytes: {
    kind: 'bytes',
    flag: '--max-trailers <bytes>',
    env: 'HEDDLE_MAX_TRAILERS',
    default: 8_192,
    about: 'the largest trailer section of a chunked body (431 above)',
    reason: 'half a head; trailers are few',
  },
  maxChunkExtensionBytes: {
    kind: 'bytes',
    flag: '--max-chunk-extensions <bytes>',
    env: 'HEDDLE_MAX_CHUNK_EXTENSIONS',
    default: 1_024,
    about: 'all chunk extensions of one body together (400 above)',
    reason: 'nobody uses them but to hide bytes (RFC9112§7.1.1)',
  },
} as const;
LIMIT_OPTIONS satisfies Record<string, OptionRow>;
