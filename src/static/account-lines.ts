/** What is known of a password: enough to recognize it. */
export interface PasswordHash {
  /** The base-2 logarithm of the cost, 10 to 20: memory is `128 * r * 2^ln` bytes. */
  readonly ln: number;
  /** The block size, 1 to 32. */
  readonly r: number;
  /** How often it is done, 1 to 16. */
  readonly p: number;
  readonly salt: Uint8Array;
  readonly key: Uint8Array;
}

/** Hashes by the names of the people who have the passwords. */
export type Accounts = ReadonlyMap<string, PasswordHash>;

/** What a line may ask for when a password is checked, in bytes. */
const MOST_MEMORY = 1_073_741_824;

const LINE = /^([^:\s]+):\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/**
 * Reads accounts: `name:$scrypt$ln=15,r=8,p=3$salt$key` a line, salt and key in base64 without padding. Empty lines and those
 * that begin with `#` are passed over.
 * @param text of the file
 * @returns the number of the first line that cannot be read, from 1
 */
export function parseAccounts(text: string): Accounts | number {
  const accounts = new Map<string, PasswordHash>();
  for (const [at, line] of text
    .split('\n')
    .map((part) => part.trim())
    .entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const [, name, ln, r, p, salt = '', key = ''] = LINE.exec(line) ?? [];
    const hash = {
      ...{ ln: Number(ln), r: Number(r), p: Number(p) },
      ...{ salt: Buffer.from(salt, 'base64'), key: Buffer.from(key, 'base64') },
    };
    if (name === undefined || !isSensible(hash) || accounts.has(name)) return at + 1;
    accounts.set(name, hash);
  }
  return accounts;
}

function isSensible({ ln, r, p, salt, key }: PasswordHash): boolean {
  const isBounded = ln >= 10 && ln <= 20 && r >= 1 && r <= 32 && p >= 1 && p <= 16;
  return (
    isBounded && 128 * r * 2 ** ln <= MOST_MEMORY && salt.length >= 8 && key.length >= 16 && key.length <= 64
  );
}
