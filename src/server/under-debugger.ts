/** Not `--inspect-port`: that one opens nothing, and the test runner gives it to each file it runs. */
const DEBUGGER_FLAG = /^--inspect(?:-brk|-wait)?(?:=|$)/;

/** Whether this process was started for a debugger, by its flags or by `NODE_OPTIONS`. */
export function isUnderDebugger(): boolean {
  const flags = [...process.execArgv, ...(process.env.NODE_OPTIONS ?? '').split(/\s+/)];
  return flags.some((flag) => DEBUGGER_FLAG.test(flag));
}
