import { accountLine } from '#static/basic-auth.ts';

/**
 * Makes the line of an account. Apart from those that are read: loading what computes with passwords takes 9 ms.
 * @param name without colons and blanks
 * @param password any text
 */
export function makeAccount(name: string, password: string): Promise<string> {
  return accountLine(name, password);
}
