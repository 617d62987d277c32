import { type RequestHead, SHARED_ARRAY_BYTES } from './request-head.ts';

/** A head that would take much of a slab gets an array of its own. */
const MOST_SHARED_BYTES = 1024;

let slab: Buffer = Buffer.alloc(0);
let used = 0;

/**
 * Copies the bytes of a head out of an array that will be overwritten: one behind another into arrays that they share,
 * since an array for each took 0.4 us.
 * @param head complete, or as far as it was understood
 * @param length how many bytes of it to copy, from its base
 */
export function storeHead(head: RequestHead, length: number): void {
  const { bytes, base } = head;
  if (length > MOST_SHARED_BYTES) {
    head.bytes = Buffer.allocUnsafeSlow(length);
    head.base = 0;
    bytes.copy(head.bytes, 0, base, base + length);
    return;
  }
  if (used + length > slab.length) {
    slab = Buffer.allocUnsafeSlow(SHARED_ARRAY_BYTES);
    used = 0;
  }
  bytes.copy(slab, used, base, base + length);
  head.bytes = slab;
  head.base = used;
  used += length;
}
