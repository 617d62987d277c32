/** Text in all but name. */
const TEXTUAL = /^text\/|[/+](?:json|xml)$|^application\/(?:javascript|ecmascript|xml-dtd)$/;

/** Kinds that are no text by their names, and get much smaller all the same. */
const COMPRESSIBLE: ReadonlySet<string> = new Set([
  'application/graphql',
  'application/jsonl',
  'application/rtf',
  'application/toml',
  'application/vnd.ms-fontobject',
  'application/wasm',
  'application/x-javascript',
  'application/x-ndjson',
  'application/x-sh',
  'application/yaml',
  'font/otf',
  'font/ttf',
  'image/bmp',
  'image/vnd.microsoft.icon',
]);

/**
 * Whether a kind is text, whatever it is called: JSON, JavaScript, XML and SVG are.
 * @param mediaType in lower case, without parameters
 */
export function isTextual(mediaType: string): boolean {
  return TEXTUAL.test(mediaType);
}

/**
 * Whether content of a kind gets much smaller when it is compressed; pictures, films, archives and web fonts are already.
 * @param contentType a value of `Content-Type`, with or without parameters (RFC9110§8.3.1)
 */
export function isCompressible(contentType: string): boolean {
  const end = contentType.indexOf(';');
  const mediaType = (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
  return isTextual(mediaType) || COMPRESSIBLE.has(mediaType);
}
