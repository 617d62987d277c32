import { existsSync } from 'node:fs';
import { PROJECT_ROOT } from './spawn-heddle.ts';

/**
 * Why a test has to be skipped, where a package is not there that `npm ci` does not install; `false` where it is.
 * @param folder of `test/`, which has a `package.json` of its own
 * @param packages their names
 */
export function whyMissing(folder: 'frameworks' | 'runtimes', ...packages: string[]): string | false {
  const missing = packages.filter(
    (name) => !existsSync(`${PROJECT_ROOT}test/${folder}/node_modules/${name}`),
  );
  return missing.length === 0 ? false : `${missing.join(', ')} not installed: npm ci --prefix test/${folder}`;
}
