/**
 * Whether text for an output should have colours: `NO_COLOR` says no, `FORCE_COLOR` yes, else a terminal that can.
 * @param output such as `process.stdout`
 * @param environment of the process
 */
export function wantsColours(
  output: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = environment;
  // Empty is as if it were not there (no-color.org).
  if (NO_COLOR) return false;
  if (FORCE_COLOR) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return output.isTTY === true && TERM !== 'dumb';
}
