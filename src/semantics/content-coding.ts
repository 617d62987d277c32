import { listMembers } from './headers.ts';

/** A coding that content can be sent in, by its registered name (RFC9110§8.4.1). */
export type ContentCoding = 'br' | 'zstd' | 'gzip';

/** Of two that a client likes equally well the earlier is sent: it is smaller. The last is to send content as it is. */
const OURS: readonly (ContentCoding | 'identity')[] = ['br', 'zstd', 'gzip', 'identity'];

/*
 * Accept-Encoding = #( codings [ weight ] )        ; RFC9110§12.5.3
 * weight = OWS ";" OWS "q=" qvalue                 ; RFC9110§12.4.2
 */
const MEMBER = /^([!#$%&'*+.^_`|~\w-]+)(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/i;

/** What stands for any coding that is not listed. */
const ANY = '*';

/** Clients of one kind send one value: so many are remembered. */
const MOST_REMEMBERED = 100;
const remembered = new Map<readonly Coding[], Map<string, readonly Coding[]>>();

/** What content can be sent in. */
type Coding = ContentCoding | 'identity';

/**
 * The codings that a client takes, the one it would rather have first. `identity`, content as it is, comes last where
 * the client does not list it, and is missing where it refuses it; a server may send it even then (RFC9110§12.4.1).
 * Members off the grammar are passed over.
 * @param value of `Accept-Encoding`; `undefined` where the field is absent, and nothing but `identity` should be sent
 * @param order which of two comes first that it likes equally well: a list that lives as long as the process
 *   @default the one that makes content smaller
 */
export function acceptedCodings(
  value: string | undefined,
  order: readonly Coding[] = OURS,
): readonly Coding[] {
  if (value === undefined) return AS_IT_IS;
  const known = remembered.get(order) ?? new Map<string, readonly Coding[]>();
  remembered.set(order, known);
  const before = known.get(value);
  if (before !== undefined) return before;
  const accepted = readCodings(value, order);
  if (known.size >= MOST_REMEMBERED) known.clear();
  known.set(value, accepted);
  return accepted;
}

const AS_IT_IS: readonly 'identity'[] = ['identity'];

function readCodings(value: string, order: readonly Coding[]): readonly Coding[] {
  const weights = new Map<string, number>();
  for (const member of listMembers(value)) {
    const [, name, weight = '1'] = MEMBER.exec(member) ?? [];
    if (name !== undefined)
      weights.set(ALIASES.get(name.toLowerCase()) ?? name.toLowerCase(), Number(weight));
  }
  const any = weights.get(ANY);
  const weightOf = (coding: string): number =>
    weights.get(coding) ?? any ?? (coding === 'identity' ? NOT_LISTED : 0);
  return order.filter((coding) => weightOf(coding) > 0).sort((a, b) => weightOf(b) - weightOf(a));
}

/** Less than any weight that can be written. */
const NOT_LISTED = 0.0001;

/** RFC9110§8.4.1.3. */
const ALIASES: ReadonlyMap<string, string> = new Map([['x-gzip', 'gzip']]);
