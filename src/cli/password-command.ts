import type { Readable, Writable } from 'node:stream';
import { HeddleError } from '#observe/heddle-error.ts';
import { makeAccount } from '#server/new-account.ts';
import type { PasswordArguments } from './arguments.ts';
import { takeOutput } from './output.ts';

/** What a terminal sends for keys. */
const KEY = { enter: /[\r\n]/, interrupt: '\u0003', end: '\u0004', erase: /[\b\u007f]/ };

/**
 * Asks for a password, or reads it from standard input, and prints the line for a file of accounts.
 * @param args whose password it is
 * @returns the exit code
 * @throws {HeddleError} `ERR_HEDDLE_USAGE` for a name that no account can have, and for an empty password
 */
export async function printAccount({ name }: PasswordArguments): Promise<number> {
  const output = takeOutput();
  if (!/^[^:\s]+$/.test(name))
    throw misused(`${JSON.stringify(name)} is no name`, 'Give one without colons and blanks.');
  const { stdin, stderr } = process;
  const password = stdin.isTTY ? await ask(name, stdin, stderr) : await readAll(stdin);
  if (password === '') throw misused('The password is empty', 'Type one, or pass one on standard input.');
  output.write(`${await makeAccount(name, password)}\n`);
  return 0;
}

async function readAll(input: Readable): Promise<string> {
  let text = '';
  for await (const part of input.setEncoding('utf8')) text += part;
  // The end of a line is what echo adds.
  return text.replace(/\r?\n$/, '');
}

/** What is typed is not shown. */
async function ask(name: string, input: NodeJS.ReadStream, output: Writable): Promise<string> {
  output.write(`Password for ${name}: `);
  input.setRawMode(true);
  input.setEncoding('utf8');
  let password = '';
  try {
    for await (const text of input) {
      for (const key of text as string) {
        if (KEY.enter.test(key) || key === KEY.end) return password;
        if (key === KEY.interrupt) throw misused('Interrupted', 'Nothing was made.');
        password = KEY.erase.test(key) ? password.slice(0, -1) : password + key;
      }
    }
    return password;
  } finally {
    input.setRawMode(false);
    output.write('\n');
  }
}

function misused(what: string, step: string): HeddleError {
  return new HeddleError('ERR_HEDDLE_USAGE', `${what}. ${step}`);
}
