/**
 * Takes standard output for what this command prints, and for that alone: what threads write to theirs, as by
 * `console.log()`, Node hands to whatever this process calls its own when it starts them, which is standard error from now
 * on. Call it before the first thread.
 */
export function takeOutput(): NodeJS.WriteStream {
  const output = process.stdout;
  Object.defineProperty(process, 'stdout', { value: process.stderr, configurable: true });
  return output;
}
