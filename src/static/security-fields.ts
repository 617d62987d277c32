/**
 * Fields that cost most sites nothing, and take from others what they could do with their pages: guess a file to be a
 * script, frame the site, keep a hand on a window that it opened, see by which page somebody came. How scripts are
 * restricted (`Content-Security-Policy: script-src`) only a site knows itself, and `Strict-Transport-Security` is to be
 * sent where TLS ends (RFC6797§7.2). Flat; names in lower case.
 */
export const SECURITY_FIELDS: readonly string[] = [
  'x-content-type-options',
  'nosniff',
  'x-frame-options',
  'SAMEORIGIN',
  'content-security-policy',
  "frame-ancestors 'self'; base-uri 'self'; object-src 'none'",
  'cross-origin-opener-policy',
  'same-origin',
  'referrer-policy',
  'strict-origin-when-cross-origin',
];
