/** Kept by a browser, but asked about each time: a changed file is seen at once, an unchanged one costs a 304. */
export const REVALIDATE = 'no-cache';

/** Kept for a year without asking (RFC9111§5.2.2.1, RFC8246§2). */
export const IMMUTABLE = 'public, max-age=31536000, immutable';

/** Kinds of files that pages refer to by names from a manifest. */
const ENDING =
  /(?:\.min|\.module)?\.(?:js|mjs|css|wasm|map|woff2?|ttf|otf|eot|svg|png|jpe?g|gif|webp|avif|ico|mp4|webm|json)$/;
/** Where bundlers put them. */
const FOLDER = /(?:^|\/)(?:assets|static|build|chunks|immutable|_astro|_nuxt)\//;
const HEXADECIMAL = /[.-]([0-9a-f]{8,64})$/;
const BASE64_OR_32 = /[.-]([\w-]{8})$/;

/**
 * How long a file may be kept: by its name, for one whose name changes with its content is never another.
 * @param relativePath of the file
 * @returns the value of `Cache-Control`
 */
export function cacheControlOf(relativePath: string): string {
  return isHashed(relativePath) ? IMMUTABLE : REVALIDATE;
}

/**
 * Whether a bundler has put a hash of the content into a name. One that only looks so would be stale for a year, so all
 * three forms are narrow, and one in five of Vite's own is asked about each time.
 */
function isHashed(relativePath: string): boolean {
  const name = relativePath.slice(relativePath.lastIndexOf('/') + 1);
  const stem = name.replace(ENDING, '');
  if (stem === name) return false;
  const [, hexadecimal = ''] = HEXADECIMAL.exec(stem) ?? [];
  if (/[0-9]/.test(hexadecimal) && /[a-f]/.test(hexadecimal)) return true;
  const [, hash = ''] = BASE64_OR_32.exec(stem) ?? [];
  if (!FOLDER.test(relativePath) || hash === '') return false;
  if (/^[A-Z2-7]+$/.test(hash)) return /[2-7]/.test(hash);
  // There are names such as Chapter1 and JavaDocs.
  const capitals = hash.replace(/[^A-Z]/g, '').length;
  return /[a-z]/.test(hash) && capitals >= (/[0-9]/.test(hash) ? 2 : 3);
}
