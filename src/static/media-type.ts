import mime from 'mime/lite';
import { isTextual } from '#semantics/compressible.ts';

/** What a file of an unknown kind is: a browser offers to save it and runs nothing. */
const DEFAULT_MEDIA_TYPE = 'application/octet-stream';

/**
 * Kinds that sites serve and the lite list lacks. The full list costs every server thread 14 ms of start where
 * the lite one costs 5 (Node 26), and adds mostly names under `x-` and `vnd.`.
 */
const MORE_MEDIA_TYPES: Readonly<Record<string, string>> = {
  '3gp': 'video/3gpp',
  apk: 'application/vnd.android.package-archive',
  bz2: 'application/x-bzip2',
  deb: 'application/vnd.debian.binary-package',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  eot: 'application/vnd.ms-fontobject',
  flac: 'audio/flac',
  ico: 'image/vnd.microsoft.icon',
  ipynb: 'application/x-ipynb+json',
  m3u8: 'application/vnd.apple.mpegurl',
  m4v: 'video/x-m4v',
  mkv: 'video/x-matroska',
  odt: 'application/vnd.oasis.opendocument.text',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  py: 'text/plain',
  // The registry has rs for a service description of the 2000s; a browser would parse Rust as XML.
  rs: 'text/plain',
  sh: 'text/plain',
  tar: 'application/x-tar',
  usdz: 'model/vnd.usdz+zip',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  xz: 'application/x-xz',
  zst: 'application/zstd',
};

/** Values by extension; as many as there are kinds of files in the folder. */
const known = new Map<string, string>();

/**
 * The `Content-Type` for a file (RFC9110§8.3): by its extension, never by its bytes, so that an upload cannot
 * choose to be HTML. Text, JSON, JavaScript, XML and SVG are declared UTF-8.
 * @param path a relative path or a file name
 */
export function mediaTypeOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  if (dot < 0) return DEFAULT_MEDIA_TYPE;
  const extension = name.slice(dot + 1).toLowerCase();
  return known.get(extension) ?? lookUp(extension);
}

function lookUp(extension: string): string {
  const own = Object.hasOwn(MORE_MEDIA_TYPES, extension) ? MORE_MEDIA_TYPES[extension] : undefined;
  const type = own ?? mime.getType(extension) ?? DEFAULT_MEDIA_TYPE;
  // Without a charset a browser guesses one from the reader's language.
  const value = isTextual(type) ? `${type};charset=utf-8` : type;
  known.set(extension, value);
  return value;
}
