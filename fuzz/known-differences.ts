import { mayBeTrailer } from '#semantics/trailers.ts';
import { NODE_METHODS } from './node-parser.ts';
import type { ReadRequest } from './reading.ts';

/** A way in which Node's parser and ours differ for good, and where it is decided who is right. */
export interface KnownDifference {
  /** What the two do. */
  readonly what: string;
  /** The section that decides. */
  readonly section: string;
  /**
   * Whether a request has what the difference is about.
   * @param request as we read it
   * @param bytes of the whole connection
   * @param theirs the same request as Node's parser read it, where it did
   */
  concerns(request: ReadRequest, bytes: string, theirs?: ReadRequest): boolean;
}

/** A refusal of Node's parser, by its codes. */
export interface NodeRefusal extends KnownDifference {
  readonly codes: readonly string[];
}

/** A difference in what is told of the same request. */
export interface HandedOn {
  /** What the two do. */
  readonly what: string;
  /** The section that decides. */
  readonly section: string;
  /** A request as Node's parser told it, as we would tell it. */
  asOurs(request: ReadRequest): ReadRequest;
}

const KNOWN_METHODS: ReadonlySet<string> = new Set(NODE_METHODS);

/** What Node's parser refuses and we take. */
export const REFUSED_BY_NODE: readonly NodeRefusal[] = [
  {
    what: 'Node knows a list of methods; we take any token',
    section: 'RFC9110§9.1',
    codes: ['HPE_INVALID_METHOD'],
    concerns: ({ method }) => !KNOWN_METHODS.has(method),
  },
  {
    what: 'Node takes PRI for the preface of HTTP/2 before it has seen the version',
    section: 'RFC9113§3.4',
    codes: ['HPE_INVALID_VERSION', 'HPE_PAUSED_H2_UPGRADE'],
    concerns: ({ method }) => method === 'PRI',
  },
  {
    what: 'Node knows 1.0 and 1.1; we read later minor versions as 1.1',
    section: 'RFC9110§2.5',
    codes: ['HPE_INVALID_VERSION'],
    concerns: ({ minorVersion }) => minorVersion > 1,
  },
  {
    what: 'Node refuses a tab behind "chunked"; it is no part of the value',
    section: 'RFC9110§5.5',
    codes: ['HPE_INVALID_TRANSFER_ENCODING'],
    concerns: (request, bytes) => isChunked(request) && /chunked *\t[ \t]*\r\n/i.test(bytes),
  },
  {
    what: 'Node refuses a field that would frame a message in a trailer section; we leave it out',
    section: 'RFC9110§6.5.1',
    codes: ['HPE_INVALID_CONTENT_LENGTH', 'HPE_UNEXPECTED_CONTENT_LENGTH', 'HPE_INVALID_TRANSFER_ENCODING'],
    concerns: (request, bytes) =>
      isChunked(request) && /chunked[\s\S]*\r\n(?:content-length|transfer-encoding):/i.test(bytes),
  },
  {
    what: 'Node refuses whitespace around ";" and "=" of a chunk extension; the grammar has it',
    section: 'RFC9112§7.1.1',
    codes: ['HPE_INVALID_CHUNK_SIZE', 'HPE_STRICT'],
    concerns: (request, bytes) => isChunked(request) && /[ \t][;=]|[;=][ \t]|[ \t]$/.test(bytes),
  },
];

/** After which requests Node's parser goes on where we do not, or the other way round. */
export const KEPT_OTHERWISE: readonly KnownDifference[] = [
  {
    what: 'Node lets keep-alive win over close on HTTP/1.0; with us close wins',
    section: 'RFC9112§9.3',
    concerns: ({ minorVersion, fields }) =>
      minorVersion === 0 &&
      hasField(fields, 'connection', /close/i) &&
      hasField(fields, 'connection', /keep-alive/i),
  },
  {
    what: 'Node obeys Proxy-Connection; to us it is a field like any other',
    section: 'RFC9112§C.2.2',
    concerns: ({ fields }) => hasField(fields, 'proxy-connection', /close|keep-alive/i),
  },
  {
    what: 'Node obeys Connection in a trailer section; we leave it out',
    section: 'RFC9110§6.5.1',
    concerns: (_, __, theirs) => hasField(theirs?.trailers ?? [], 'connection', /./),
  },
];

/** Of which requests Node's parser reads other bodies. */
export const FRAMED_OTHERWISE: readonly KnownDifference[] = [
  {
    what: 'Node takes an upgrade with a tab behind "chunked" to have no body; the tab is no part of the value',
    section: 'RFC9110§5.5',
    concerns: (request, bytes) =>
      isChunked(request) && hasField(request.fields, 'upgrade', /./) && /chunked *\t[ \t]*\r\n/i.test(bytes),
  },
];

/** What Node's parser hands on and we do not, or not as it came. */
export const HANDED_ON_OTHERWISE: readonly HandedOn[] = [
  {
    what: 'Node hands on all trailers; we leave out those that frame, route, authorize or describe',
    section: 'RFC9110§6.5.1',
    asOurs: (request) => ({
      ...request,
      trailers: request.trailers.filter((_, at) =>
        mayBeTrailer((request.trailers[at - (at % 2)] ?? '').toLowerCase()),
      ),
    }),
  },
  {
    what: 'Node hands on the received Host beside a target in absolute-form; we put that of the target in its place',
    section: 'RFC9112§3.2.2',
    asOurs: (request) => {
      const authority = /^http:\/\/([^/?]*)/i.exec(request.target)?.[1];
      if (authority === undefined) return request;
      const { fields } = request;
      const isHostsValue = (at: number) => at % 2 === 1 && fields[at - 1]?.toLowerCase() === 'host';
      return { ...request, fields: fields.map((text, at) => (isHostsValue(at) ? authority : text)) };
    },
  },
];

function isChunked({ fields }: ReadRequest): boolean {
  return hasField(fields, 'transfer-encoding', /^chunked$/i);
}

function hasField(fields: readonly string[], name: string, value: RegExp): boolean {
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at]?.toLowerCase() === name && value.test(fields[at + 1] ?? '')) return true;
  }
  return false;
}
