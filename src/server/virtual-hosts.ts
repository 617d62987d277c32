import { HeddleError } from '#observe/heddle-error.ts';
import { readAccounts } from './accounts.ts';
import { type FolderPlan, planFolder } from './folder-plan.ts';
import { OPTION_NAMES, type OptionName, type Settings } from './serve-options.ts';
import { type OptionLayer, objectLayer, settleConfig } from './server-config.ts';
import { folderPath } from './target-paths.ts';

/** Options that a virtual host may have of its own. */
export const HOST_OPTIONS = [
  'single',
  'symlinks',
  'listing',
  'cache',
  'headers',
  'securityHeaders',
  'cors',
  'auth',
] as const;
HOST_OPTIONS satisfies readonly OptionName[];

/** A folder that is served to those who ask for a host. */
export interface VirtualHost extends Partial<Pick<Settings, (typeof HOST_OPTIONS)[number]>> {
  /** The names of the host, without ports: `example.com`, or `*.example.com` for all names below it. */
  readonly host: string | readonly string[];
  /** The folder; a string is relative to the working directory, in a config file to the file. */
  readonly static: string | URL;
}

/** A virtual host as threads have it. */
export interface HostPlan {
  /** Its names, in lower case. */
  readonly names: readonly string[];
  /** How its folder is served. */
  readonly folder: FolderPlan;
  /** Who has a password, as the text of a file; `undefined` where nobody needs one. */
  readonly accounts: string | undefined;
}

const NAME = /^(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.?)+$|^\[[0-9a-f:.]+\]$/i;

/**
 * Plans virtual hosts. What flags say goes before what a host says, and that before what is said of all.
 * @param hosts as they were given
 * @param above what goes before their own options
 * @param below what their own options go before
 * @throws {HeddleError} `ERR_HEDDLE_VIRTUAL_HOST` for what none can have; `ERR_HEDDLE_OPTION`, `ERR_HEDDLE_NO_TARGET`,
 *   `ERR_HEDDLE_SERVE_JSON`, `ERR_HEDDLE_ACCOUNTS`
 */
export function planHosts(
  hosts: readonly VirtualHost[],
  above: readonly OptionLayer[],
  below: readonly OptionLayer[],
): HostPlan[] {
  if (!Array.isArray(hosts)) throw mistake('virtualHosts', hosts, 'a list of { host, static }');
  const taken = new Set<string>();
  return hosts.map((host: VirtualHost, at) => {
    const place = `virtualHosts[${at}]`;
    const names = namesOf(host, place);
    for (const name of names) {
      if (taken.has(name)) throw mistake(`${place}.host`, name, 'the name of one host alone');
      taken.add(name);
    }
    const config = settleConfig([...above, objectLayer(host, place), ...below]);
    const { auth } = config.settings;
    const folder = planFolder(folderPath(host.static), config);
    return { names, folder, accounts: auth === '' ? undefined : readAccounts(auth) };
  });
}

function namesOf(host: VirtualHost, place: string): string[] {
  if (typeof host !== 'object' || host === null) throw mistake(place, host, 'an object with host and static');
  const stranger = Object.keys(host).find((name) => !MEMBERS.includes(name));
  if (stranger !== undefined) {
    const what = OPTION_NAMES.includes(stranger as keyof Settings) ? 'an option of one host' : 'an option';
    throw mistake(
      `${place}.${stranger}`,
      host[stranger as 'static'],
      `${what}; there are ${MEMBERS.join(', ')}`,
    );
  }
  if (typeof host.static !== 'string' && !(host.static instanceof URL))
    throw mistake(`${place}.static`, host.static, 'the path of a folder');
  const names: readonly unknown[] = Array.isArray(host.host) ? host.host : [host.host];
  if (names.length === 0) throw mistake(`${place}.host`, names, 'a name, or several');
  return names.map((name) => {
    if (typeof name !== 'string' || !NAME.test(name))
      throw mistake(`${place}.host`, name, 'the name of a host without a port: example.com or *.example.com');
    return plainName(name);
  });
}

const MEMBERS: readonly string[] = ['host', 'static', ...HOST_OPTIONS];

/**
 * The name of a host without what makes no difference (RFC9110§4.2.3): letters in lower case, no port, no dot at its end.
 * @param authority `host[:port]`
 */
export function plainName(authority: string): string {
  return authority.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
}

function mistake(member: string, value: unknown, expected: string): HeddleError {
  return new HeddleError(
    'ERR_HEDDLE_VIRTUAL_HOST',
    `${member}: ${JSON.stringify(value) ?? 'nothing'} is not ${expected}. Write { host: 'example.com', static: './example' }.`,
  );
}
