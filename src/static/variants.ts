import type { ConditionalRequest } from '#semantics/conditional.ts';
import { acceptedCodings, type ContentCoding } from '#semantics/content-coding.ts';
import type { FoundFile, OpenBelowRoot } from './candidates.ts';
import type { Representation } from './file-reply.ts';
import { isCompressible, mediaTypeOf } from './media-type.ts';

/** What a sibling that holds the same content in a coding is called. */
const ENDINGS: Readonly<Record<ContentCoding, string>> = { br: '.br', zstd: '.zst', gzip: '.gz' };

/** What an answer says that was, or could have been, coded (RFC9110§12.5.5). */
const VARY = 'accept-encoding';

/**
 * Chooses what a file is sent as: the sibling (`app.js.br`) in the coding that the client would rather have, else the file
 * itself. A sibling older than the file is what is left of an earlier build, and is passed over. Parts are of the file
 * itself: a client that asks for a range gets no coding.
 * @param request a GET or HEAD request
 * @param found an open file, closed here where a sibling is chosen
 * @param opener opens siblings
 * @param vary what the choice of the file hung on; empty for nothing
 */
export function chooseVariant(
  request: ConditionalRequest,
  found: Pick<FoundFile, 'file' | 'relativePath' | 'contentLocation'>,
  opener: OpenBelowRoot,
  vary: string,
): Representation {
  const { file, relativePath, contentLocation } = found;
  // Compressed by whoever made it: the one kind of file that browsers open only if they are told.
  if (relativePath.endsWith('.svgz')) return { file, relativePath, contentLocation, vary, coding: 'gzip' };
  if (!isCompressible(mediaTypeOf(relativePath))) return { file, relativePath, contentLocation, vary };
  const asItIs = { file, relativePath, contentLocation, vary: vary === '' ? VARY : `${vary}, ${VARY}` };
  if (request.field('range') !== undefined) return asItIs;
  for (const coding of acceptedCodings(request.field('accept-encoding'))) {
    if (coding === 'identity') break;
    const sibling = opener.open(relativePath + ENDINGS[coding]);
    if (typeof sibling === 'string') continue;
    if (sibling.version.mtimeNs >= file.version.mtimeNs) {
      file.close();
      return { ...asItIs, file: sibling, coding };
    }
    sibling.close();
  }
  return asItIs;
}
