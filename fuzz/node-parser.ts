import { createRequire } from 'node:module';

/*
 * Node's own parser (llhttp), reached by the way that `node:http` takes to it: there is no public one. A Node that
 * closes this way fails here, at the import, not in silence.
 */

/** The parser of one connection. Callbacks are set as members, by the numbers in {@link HTTPParser}. */
export interface NodeParser {
  initialize(type: number, resource: object, maxHeadBytes: number, leniency: number): void;
  /** How many bytes were taken, or why they were refused, by a `code` of llhttp. */
  execute(bytes: Buffer): number | (Error & { code: string });
  [callback: number]: unknown;
}

interface NodeParserClass {
  new (): NodeParser;
  readonly REQUEST: number;
  readonly kOnMessageBegin: number;
  readonly kOnHeaders: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
  readonly kLenientNone: number;
}

const nodeHttp = createRequire(import.meta.url)('_http_common') as {
  HTTPParser: NodeParserClass;
  methods: readonly string[];
};

/** The class of the parser, and the numbers of its callbacks. */
export const HTTPParser: NodeParserClass = nodeHttp.HTTPParser;

/** The methods that it knows. */
export const NODE_METHODS: readonly string[] = nodeHttp.methods;

/** Larger than any input: limits are not compared. */
const MAX_HEAD_BYTES = 1 << 20;

/** Makes a parser ready for a new connection, as strict as Node has it by default. */
export function startConnection(parser: NodeParser): void {
  parser.initialize(HTTPParser.REQUEST, {}, MAX_HEAD_BYTES, HTTPParser.kLenientNone);
}
