import { createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { errorReply } from '#exchange/error-reply.ts';
import type { Answer, Handler } from '#exchange/handler.ts';
import type { IncomingRequest } from '#exchange/incoming-request.ts';
import type { Reply } from '#exchange/reply.ts';
import type { Accounts, PasswordHash } from './account-lines.ts';

/** 32 MiB and some tenths of a second: what a guess costs whoever guesses. */
const COST = { ln: 15, r: 8, p: 3 };
const KEY_BYTES = 32;
const SALT_BYTES = 16;

/** One is looked at at a time in each thread, and so many may wait: there are four threads for such work in a process. */
const MOST_WAITING = 32;
/** Credentials that were right are known again; as many as a team has, up to this. */
const MOST_REMEMBERED = 1_000;
/** A name and a password are shorter. */
const LONGEST_CREDENTIALS = 1_024;

/**
 * Makes the line for an account.
 * @param name without colons and blanks
 * @param password any text
 */
export async function accountLine(name: string, password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, { ...COST, salt, key: new Uint8Array(KEY_BYTES) });
  const text = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');
  const { ln, r, p } = COST;
  return `${name}:$scrypt$ln=${ln},r=${r},p=${p}$${text(salt)}$${text(key)}`;
}

/**
 * Lets nobody through to a handler who has no password (RFC7617). What was right once is known again without being computed;
 * guesses are looked at one by one.
 * @param handler what is behind it
 * @param accounts whose passwords are taken
 * @param realm what browsers call it; without quotation marks
 */
export function requirePassword(handler: Handler, accounts: Accounts, realm: string): Handler {
  const gate = new PasswordGate(accounts);
  const challenge = ['www-authenticate', `Basic realm="${realm}", charset="UTF-8"`];
  const refused = (): Reply => errorReply(401, challenge);
  return (request) => {
    const credentials = credentialsOf(request);
    if (credentials === undefined) return refused();
    if (gate.knows(credentials)) return handler(request);
    const checked = gate.check(credentials);
    if (checked === undefined) return errorReply(503, ['retry-after', '1']);
    return checked.then((isRight): Answer | undefined | Promise<Answer | undefined> =>
      isRight ? handler(request) : refused(),
    );
  };
}

/** As they were sent, in base64; `undefined` where there are none. */
function credentialsOf(request: IncomingRequest): string | undefined {
  const [, credentials] = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(request.field('authorization') ?? '') ?? [];
  return credentials !== undefined && credentials.length <= LONGEST_CREDENTIALS ? credentials : undefined;
}

class PasswordGate {
  readonly #accounts: Accounts;
  /** Somebody of an unknown name waits as long as others do. */
  readonly #nobody: PasswordHash;
  /** What is remembered is of no use to whoever reads this process's memory later. */
  readonly #secret = randomBytes(32);
  readonly #known = new Set<string>();
  readonly #running = new Map<string, Promise<boolean>>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(accounts: Accounts) {
    this.#accounts = accounts;
    const [first] = accounts.values();
    this.#nobody = first ?? { ...COST, salt: new Uint8Array(SALT_BYTES), key: new Uint8Array(KEY_BYTES) };
  }

  knows(credentials: string): boolean {
    return this.#known.size > 0 && this.#known.has(this.#mark(credentials));
  }

  /** @returns `undefined` where too many wait */
  check(credentials: string): Promise<boolean> | undefined {
    const mark = this.#mark(credentials);
    const running = this.#running.get(mark);
    // A page is asked for together with all that is on it.
    if (running !== undefined || this.#running.size >= MOST_WAITING) return running;
    const checked = this.#last.then(() => this.#isRight(credentials));
    this.#running.set(mark, checked);
    this.#last = checked
      .then(
        (isRight) => isRight && this.#remember(mark),
        () => undefined,
      )
      .then(() => this.#running.delete(mark));
    return checked;
  }

  #mark(credentials: string): string {
    return createHmac('sha256', this.#secret).update(credentials).digest('latin1');
  }

  #remember(mark: string): void {
    if (this.#known.size >= MOST_REMEMBERED) this.#known.clear();
    this.#known.add(mark);
  }

  async #isRight(credentials: string): Promise<boolean> {
    const text = Buffer.from(credentials, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    const account = colon < 0 ? undefined : this.#accounts.get(text.slice(0, colon));
    const hash = account ?? this.#nobody;
    const key = await derive(text.slice(colon + 1), hash);
    return timingSafeEqual(key, hash.key) && account !== undefined;
  }
}

function derive(password: string, { ln, r, p, salt, key }: PasswordHash): Promise<Buffer> {
  const N = 2 ** ln;
  return new Promise((resolve, reject) => {
    // The same letters may be written in two ways (RFC7617§2.1 leaves it open, RFC8265§4.2 does not).
    const text = password.normalize('NFC');
    scrypt(text, salt, key.length, { N, r, p, maxmem: 256 * r * N }, (error, derived) => {
      if (error === null) resolve(derived);
      else reject(error);
    });
  });
}
