import { reasonPhrase } from '#semantics/status.ts';
import type { Reply } from './reply.ts';

/**
 * The bare answer for a status: its reason phrase as text, nothing about the inside of the server.
 * @param status an error status, 400 to 599
 * @param fields further fields, flat
 */
export function errorReply(status: number, fields: readonly string[] = []): Reply {
  return {
    status,
    fields: ['content-type', 'text/plain;charset=UTF-8', ...fields],
    body: `${status} ${reasonPhrase(status)}\n`,
  };
}
