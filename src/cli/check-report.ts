import { styleText } from 'node:util';
import type { Finding } from '#server/machine-check.ts';

const STYLES = { ok: 'green', warning: 'yellow', problem: 'red' } as const;

/**
 * The report of a check: a line for each finding, with its mark, and what they come to.
 * @param findings in the order in which they are told
 * @param stream where it will be written; colours are used where a person looks at it
 */
export function formatCheck(findings: readonly Finding[], stream: NodeJS.WriteStream): string {
  const width = Math.max(...findings.map(({ subject }) => subject.length));
  const lines = findings.map(({ mark, subject, text }) => {
    const styled = styleText(STYLES[mark], mark.padEnd('problem'.length), { stream });
    return `${styled}  ${subject.padEnd(width)}  ${text}`;
  });
  return `${lines.join('\n')}\n${summary(findings)}\n`;
}

function summary(findings: readonly Finding[]): string {
  const count = (mark: Finding['mark']): number => findings.filter((finding) => finding.mark === mark).length;
  return `${counted(count('problem'), 'problem')}, ${counted(count('warning'), 'warning')}`;
}

function counted(count: number, noun: string): string {
  return `${count === 0 ? 'no' : count} ${noun}${count === 1 ? '' : 's'}`;
}
