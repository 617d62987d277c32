import { HTTPParser, NODE_METHODS, startConnection } from './node-parser.ts';
import type { Reading, ReadRequest } from './reading.ts';

/** What the callback for a head is given, in the order of Node's parser. */
type HeadArguments = readonly [
  major: number,
  minor: number,
  fields: string[] | undefined,
  method: number,
  target: string | undefined,
  status: unknown,
  statusText: unknown,
  isUpgrade: boolean,
  keepsAlive: boolean,
];

/** Reads connections with Node's parser; one object reads any number of them, one after another. */
export class NodeReader {
  readonly #parser = new HTTPParser();
  /** Names of methods by the parser's own numbers. */
  readonly #methods = new Map<number, string>();
  #requests: ReadRequest[] = [];
  #request: ReadRequest | undefined;
  #fields: string[] = [];
  #target = '';
  #method = 0;
  #isInside = false;
  #isUpgrade = false;
  #keepsAlive = true;

  constructor() {
    const parser = this.#parser;
    parser[HTTPParser.kOnMessageBegin] = () => {
      this.#isInside = true;
      this.#fields = [];
      this.#target = '';
    };
    parser[HTTPParser.kOnHeaders] = (fields: string[], target: string) => {
      this.#fields.push(...fields);
      this.#target += target;
    };
    parser[HTTPParser.kOnHeadersComplete] = (...head: HeadArguments) => this.#onHead(head);
    parser[HTTPParser.kOnBody] = (bytes: Buffer) => {
      if (this.#request !== undefined) this.#request.body += bytes.toString('latin1');
    };
    parser[HTTPParser.kOnMessageComplete] = () => this.#onComplete();
    for (const method of NODE_METHODS) {
      this.read(Buffer.from(`${method} ${method === 'CONNECT' ? 'a:1' : '/'} HTTP/1.1\r\n\r\n`));
      this.#methods.set(this.#method, method);
    }
  }

  /**
   * What Node's parser makes of the bytes.
   * @returns refusals by the codes of llhttp, `HPE_...`
   */
  read(bytes: Buffer): Reading {
    this.#requests = [];
    this.#request = undefined;
    this.#fields = [];
    this.#target = '';
    this.#isInside = false;
    this.#isUpgrade = false;
    this.#keepsAlive = true;
    startConnection(this.#parser);
    const outcome = this.#parser.execute(bytes);
    return { requests: this.#requests, begun: this.#request, end: this.#end(outcome) };
  }

  #end(outcome: number | (Error & { code: string })): string {
    // So it calls bytes behind the last request of a connection.
    if (typeof outcome !== 'number' && outcome.code !== 'HPE_CLOSED_CONNECTION') return outcome.code;
    if (this.#isUpgrade) return 'upgrade';
    if (this.#isInside) return 'inside';
    return this.#keepsAlive ? 'between' : 'closed';
  }

  #onHead([, minor, fields, method, target, , , isUpgrade, keepsAlive]: HeadArguments): number {
    this.#method = method;
    this.#isUpgrade = isUpgrade;
    this.#keepsAlive = keepsAlive;
    this.#request = {
      method: this.#methods.get(method) ?? `method ${method}`,
      target: target ?? this.#target,
      minorVersion: minor,
      fields: fields ?? this.#fields,
      body: '',
      trailers: [],
    };
    this.#fields = [];
    this.#target = '';
    return 0;
  }

  #onComplete(): void {
    this.#isInside = false;
    if (this.#request === undefined) return;
    this.#request.trailers = this.#fields;
    this.#fields = [];
    this.#requests.push(this.#request);
    this.#request = undefined;
  }
}
