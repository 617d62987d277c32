import type { ConditionalRequest } from '#semantics/conditional.ts';
import { acceptedCodings, type ContentCoding } from '#semantics/content-coding.ts';
import type { FoundFile } from './candidates.ts';
import { COMPRESSED_BYTES, type CompressedContents } from './compressed-contents.ts';
import { CodedFile, type FileCache, KeptFile } from './file-cache.ts';
import { isNotModified, type Representation } from './file-reply.ts';
import type { TraitTable } from './file-traits.ts';
import type { FileSource, FileVersion } from './open-file.ts';

/** What a sibling that holds the same content in a coding is called. */
const ENDINGS: Readonly<Record<ContentCoding, string>> = { br: '.br', zstd: '.zst', gzip: '.gz' };

/** What an answer says that was, or could have been, coded (RFC9110§12.5.5). */
const VARY = 'accept-encoding';

/** Where variants of a file come from. */
export interface VariantSources {
  /** The files of the folder. */
  readonly files: FileCache;
  /** What was compressed here; `undefined` where nothing is. */
  readonly compressed: CompressedContents | undefined;
  /** What is said of the files. */
  readonly traits: TraitTable;
}

/** A file as it was found. */
export type FileToSend = Pick<FoundFile, 'file' | 'relativePath' | 'contentLocation'>;

/**
 * Chooses what a file is sent as: the sibling (`app.js.br`) in the coding that the client would rather have, else what was
 * compressed here, else the file itself. A sibling older than the file is what is left of an earlier build, and is passed
 * over. Parts are of the file itself: a client that asks for a range gets no coding.
 * @param request a GET or HEAD request
 * @param found an open file, closed here where something else is chosen
 * @param sources where variants come from
 * @param vary what the choice of the file hung on; empty for nothing
 * @param nowMs the present moment, milliseconds since 1970; the same as the reply is made with
 */
export function chooseVariant(
  request: ConditionalRequest,
  found: FileToSend,
  sources: VariantSources,
  vary: string,
  nowMs: number,
): Representation {
  const { file, relativePath, contentLocation } = found;
  const traits = sources.traits.of(relativePath);
  // Compressed by whoever made it: the one kind of file that browsers open only if they are told.
  if (relativePath.endsWith('.svgz'))
    return { file, relativePath, traits, contentLocation, vary, coding: 'gzip' };
  if (!traits.isCompressible) return { file, relativePath, traits, contentLocation, vary };
  const asItIs = {
    ...{ file, relativePath, traits, contentLocation },
    vary: vary === '' ? VARY : `${vary}, ${VARY}`,
  };
  if (request.field('range') !== undefined) return asItIs;
  const accepted = acceptedCodings(request.field('accept-encoding'));
  const asItIsAt = accepted.indexOf('identity');
  const codings = (asItIsAt < 0 ? accepted : accepted.slice(0, asItIsAt)) as ContentCoding[];
  if (codings.length === 0) return asItIs;
  return (
    siblingOf(asItIs, codings, sources.files) ??
    compressedFrom(request, asItIs, codings, sources, nowMs) ??
    asItIs
  );
}

function siblingOf(
  asItIs: Representation,
  codings: readonly ContentCoding[],
  files: FileCache,
): Representation | undefined {
  const { file, relativePath } = asItIs;
  for (const coding of codings) {
    const sibling = files.open(relativePath + ENDINGS[coding], true);
    if (typeof sibling === 'string') continue;
    if (sibling.version.mtimeNs >= file.version.mtimeNs) {
      file.close();
      return { ...asItIs, file: sibling, coding };
    }
    sibling.close();
  }
  return undefined;
}

function compressedFrom(
  request: ConditionalRequest,
  asItIs: Representation,
  [coding]: readonly ContentCoding[],
  { files, compressed }: VariantSources,
  nowMs: number,
): Representation | undefined {
  const { file, relativePath } = asItIs;
  const { version } = file;
  if (compressed === undefined || coding === undefined) return undefined;
  if (version.size < COMPRESSED_BYTES.least || version.size > COMPRESSED_BYTES.most) return undefined;
  const coded = file instanceof KeptFile ? file.coded(coding) : new CodedFile(version, coding);
  const bytes = compressed.have(coded.key);
  if (bytes === undefined || bytes === 'worthless') coded.forget();
  if (bytes === 'worthless') return undefined;
  if (bytes === undefined) {
    compressed.want(coded.key, coding, () => files.read(relativePath, version));
    // The client may have it from before a restart: it is known without being there.
    if (!isNotModified(request, coded.version, nowMs)) return undefined;
  }
  file.close();
  // Answers are kept with the file that is kept: nobody would ask for those with another object again.
  const isKept = bytes !== undefined && file instanceof KeptFile;
  return { ...asItIs, file: isKept ? coded.of(bytes) : forOnce(coded.version, bytes), coding };
}

/** Content for one answer. Of what is not there a 304 alone is sent. */
function forOnce(version: FileVersion, bytes: Uint8Array | undefined): FileSource {
  return {
    version,
    length: bytes?.length ?? 0,
    content: (start, end) => bytes?.subarray(start, end),
    isUnchanged: () => bytes !== undefined,
    close: () => undefined,
  };
}
