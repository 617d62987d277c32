import type { OptionKind } from './option-values.ts';

/** One option: where it can be set, its default and the reason for it. */
export interface OptionRow {
  /** What values it takes. */
  readonly kind: OptionKind;
  /** Its flag on the command line. */
  readonly flag: string;
  /** Its environment variable. */
  readonly env: string;
  /** The value where nobody sets it. */
  readonly default: number | string | boolean;
  /** What it does, for `--help`. */
  readonly about: string;
  /** Why the default is what it is. */
  readonly reason: string;
}
