import { isCompressible } from '#semantics/compressible.ts';
import { cacheControlOf } from './cache-control.ts';
import { mediaTypeOf } from './media-type.ts';
import type { PathTest } from './path-glob.ts';
import { pathPattern } from './path-pattern.ts';
import type { PathRule } from './path-rule.ts';

/** What is said of a file by its path, whatever is in it. */
export interface FileTraits {
  /** The value of `Cache-Control`. */
  readonly cacheControl: string;
  /** The value of `Content-Type`. */
  readonly mediaType: string;
  /** Whether it gets much smaller when it is compressed. */
  readonly isCompressible: boolean;
  /** Further fields, flat; names in lower case. */
  readonly fields: readonly string[];
}

/** As many as a folder has paths that are asked for, up to this. */
const MOST_REMEMBERED = 10_000;
/** Names that are longer are rare, or made up to fill the memory. */
const LONGEST_REMEMBERED = 256;

/** The traits of the files of one folder: by their names, and by rules. */
export class TraitTable {
  readonly #rules: readonly { readonly isMeant: PathTest; readonly fields: readonly string[] }[];
  readonly #remembered = new Map<string, FileTraits>();
  readonly #isPrivate: boolean;

  /**
   * @param rules the later ones over those before; one whose pattern cannot be read is for no path
   * @param isPrivate whether `Cache-Control: public` is not said of any
   */
  constructor(rules: readonly PathRule[], isPrivate = false) {
    this.#isPrivate = isPrivate;
    this.#rules = rules.map(({ pattern, fields }) => ({ isMeant: pathPattern(pattern) ?? noPath, fields }));
  }

  /** @param relativePath of a file, without a slash in front */
  of(relativePath: string): FileTraits {
    const known = this.#remembered.get(relativePath);
    if (known !== undefined) return known;
    const traits = this.#find(relativePath);
    if (relativePath.length > LONGEST_REMEMBERED) return traits;
    if (this.#remembered.size >= MOST_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(relativePath, traits);
    return traits;
  }

  /**
   * The further fields of an answer that is no file.
   * @param path what was asked for, decoded, with or without a slash in front
   */
  fieldsOf(path: string): readonly string[] {
    return this.#rules.length === 0 ? NO_FIELDS : this.of(path.replace(/^\//, '')).fields;
  }

  #find(relativePath: string): FileTraits {
    const given = this.#given(`/${relativePath}`);
    const mediaType = mediaTypeOf(relativePath);
    const cacheControl = given.get('cache-control')?.[1] ?? cacheControlOf(relativePath);
    const traits = {
      cacheControl: this.#isPrivate ? cacheControl.replace(/\bpublic\b/i, 'private') : cacheControl,
      mediaType: given.get('content-type')?.[1] ?? mediaType,
      isCompressible: isCompressible(mediaType),
    };
    given.delete('cache-control');
    given.delete('content-type');
    const fields = [...given.values()].flat();
    return { ...traits, fields: fields.length === 0 ? NO_FIELDS : fields };
  }

  /** By name: all lines of it that the last rule for it gives. */
  #given(path: string): Map<string, string[]> {
    const given = new Map<string, string[]>();
    for (const { isMeant, fields } of this.#rules) {
      if (!isMeant(path)) continue;
      for (let at = 0; at < fields.length; at += 2) given.delete(fields[at] ?? '');
      for (let at = 0; at + 1 < fields.length; at += 2) {
        const [name = '', value = ''] = fields.slice(at, at + 2);
        const lines = given.get(name);
        if (lines === undefined) given.set(name, [name, value]);
        else lines.push(name, value);
      }
    }
    return given;
  }
}

const NO_FIELDS: readonly string[] = [];

function noPath(): boolean {
  return false;
}
