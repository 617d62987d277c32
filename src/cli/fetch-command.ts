import { createLog } from '#observe/log.ts';
import { privatePlace } from '#server/private-place.ts';
import { serve } from '#server/serve.ts';
import type { OptionLayer } from '#server/server-config.ts';
import type { FetchArguments } from './arguments.ts';
import type { ConfigFile } from './config-file.ts';
import { printAnswer } from './fetch-answer.ts';
import { readFetchRequest } from './fetch-request.ts';
import { takeOutput } from './output.ts';
import { tellServerEnd } from './server-end.ts';
import { findTarget } from './target.ts';

/** As of `curl --fail-with-body`. */
const STATUS_IS_ERROR = 22;

/** Whoever reads the answer may take a look in peace: `heddle fetch app.ts | less`. */
const PATIENT_MS = 86_400_000;

/**
 * Runs one request through an app, in a server of one thread that nobody else can reach, and prints the answer. The app's
 * `ready()` runs before, `waitUntil()` work and `close()` after; what it logs goes to standard error.
 * @param args what to ask for
 * @param version of heddle
 * @param config whose options count too
 * @returns the exit code: 22 for a status from 400 up, 1 where something of the app was not finished
 * @throws {HeddleError} `ERR_HEDDLE_USAGE`, `ERR_HEDDLE_NO_TARGET`, `ERR_HEDDLE_NO_ANSWER`, and what `serve()` throws
 */
export async function fetchOnce(
  args: FetchArguments,
  version: string,
  config: ConfigFile | undefined,
): Promise<number> {
  const output = takeOutput();
  const { options } = findTarget(args.target);
  const request = await readFetchRequest(args, version, process.stdin);
  const place = privatePlace();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => {
      place.remove();
      process.kill(process.pid, signal);
    });
  try {
    const flags = settledFor(args.flags, place.values);
    const server = await serve(options, {
      flags,
      log: createLog('main', true),
      ...(config === undefined ? {} : { config }),
    });
    let status: number;
    let isFinished: boolean;
    try {
      const { include } = args;
      const { address } = server;
      status = await printAnswer(address, request, { output, include, onConnected: place.remove });
    } finally {
      isFinished = tellServerEnd(await server.close({ idleGraceMs: 0, delayMs: 0 }));
    }
    if (!isFinished) return 1;
    return status >= 400 ? STATUS_IS_ERROR : 0;
  } finally {
    place.remove();
  }
}

function settledFor(flags: OptionLayer, place: OptionLayer['values']): OptionLayer {
  const patient = { writeStallMs: PATIENT_MS };
  return {
    origin: flags.origin,
    values: {
      ...patient,
      ...flags.values,
      ...place,
      threads: 1,
      maxRequests: 0,
      poolLog: false,
      accessLog: '',
    },
  };
}
