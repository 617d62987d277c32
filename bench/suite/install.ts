import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PEERS = fileURLToPath(new URL('../peers/', import.meta.url));

/** From Debian: the load, the servers that are not on npm, and what the C floor is compiled with. */
const PACKAGES: Readonly<Record<string, string>> = {
  wrk: '/usr/bin/wrk',
  nginx: '/usr/sbin/nginx',
  h2o: '/usr/bin/h2o',
  caddy: '/usr/bin/caddy',
  gcc: '/usr/bin/gcc',
};

/** Installs what is missing of all this: as root, on Debian; and the peers that npm has, into their own folder. */
export function installPeers(): void {
  execFileSync('npm', ['ci', '--prefix', PEERS], { stdio: 'inherit' });
  const missing = Object.keys(PACKAGES).filter((name) => !existsSync(PACKAGES[name] ?? ''));
  if (missing.length === 0) return;
  execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit' });
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}
