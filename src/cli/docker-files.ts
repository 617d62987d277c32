import { HeddleError } from '#observe/heddle-error.ts';
import { type Deployment, INSTALLED_COMMAND, type Manifest } from './deployment.ts';
import type { NewFile } from './new-files.ts';

/** Where a folder is in the image, whatever it is called outside. */
const SERVED_FOLDER = './public';

/** The exit code is all that counts; `http` starts faster than `fetch`. */
const HEALTH_CHECK = [
  "require('node:http')",
  ".get({ port: process.env.HEDDLE_ADMIN.replace(/.*:/, ''), path: '/readyz' },",
  ' ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))',
  ".on('error', () => process.exit(1))",
].join('');

/**
 * The files by which a container engine builds an image.
 * @param deployment what is to be run
 * @param nodeMajor the Node to run it with, such as `26`
 * @throws {HeddleError} `ERR_HEDDLE_USAGE` where package.json does not depend on heddle
 */
export function dockerFiles(deployment: Deployment, nodeMajor: string): readonly NewFile[] {
  if (deployment.manifest.dependencies?.heddle === undefined) {
    throw new HeddleError(
      'ERR_HEDDLE_USAGE',
      'package.json has no heddle among its dependencies, so the image would have none. Run npm install heddle here, then this again.',
    );
  }
  return [
    { name: 'Dockerfile', text: dockerfile(deployment, `node:${nodeMajor}-slim`) },
    { name: '.dockerignore', text: DOCKERIGNORE },
  ];
}

function dockerfile(deployment: Deployment, image: string): string {
  const { isFolderAlone, target } = deployment;
  const served = isFolderAlone ? SERVED_FOLDER : target;
  const entry = JSON.stringify(['node', INSTALLED_COMMAND, ...(served === undefined ? [] : [served])]);
  return `# By "heddle init docker". It is yours: change what you like.
FROM ${image} AS build
WORKDIR /app
${install(deployment).join('\n')}

FROM ${image}
WORKDIR /app
# All of it belongs to root: the server reads it and cannot change it.
${copies(deployment).join('\n')}
# In a container 127.0.0.1 would be reached by nobody outside. HEDDLE_ADMIN is for the health check below.
ENV HOST=0.0.0.0 PORT=7878 HEDDLE_ADMIN=127.0.0.1:7879
# "docker stop" kills after 10 s: the drain is over before that.
ENV HEDDLE_DRAIN_TIMEOUT=7s
# The user "node" of the image, by its number, so that Kubernetes sees that it is not root.
USER 1000
EXPOSE 7878
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ${JSON.stringify(['node', '-e', HEALTH_CHECK])}
# No shell in between, so that signals reach the server. Options may follow: docker run IMAGE --threads 2
ENTRYPOINT ${entry}
`;
}

/** What the first stage does. */
function install({ manifest, lockFile, isFolderAlone }: Deployment): string[] {
  const run =
    lockFile === undefined
      ? [
          '# Without a package-lock.json each build may install other versions: npm install makes one.',
          'RUN npm install --omit=dev',
        ]
      : ['RUN npm ci --omit=dev'];
  if (installsFromFiles(manifest))
    return ['# All of it first: package.json installs from files of this folder.', 'COPY . .', ...run];
  return [
    '# These alone first: as long as they stay as they are, nothing is installed anew.',
    `COPY ${['package.json', ...(lockFile === undefined ? [] : [lockFile])].join(' ')} ./`,
    ...run,
    ...(isFolderAlone ? [] : ['COPY . .']),
  ];
}

/** What the image gets. */
function copies({ target, isFolderAlone }: Deployment): string[] {
  if (!isFolderAlone || target === undefined) return ['COPY --from=build /app ./'];
  const from = target.slice('./'.length);
  return [
    'COPY --from=build /app/node_modules ./node_modules',
    // The form for names with blanks.
    from.includes(' ')
      ? `COPY ${JSON.stringify([from, `${SERVED_FOLDER}/`])}`
      : `COPY ${from} ${SERVED_FOLDER}/`,
  ];
}

function installsFromFiles({ dependencies, optionalDependencies }: Manifest): boolean {
  return Object.values({ ...dependencies, ...optionalDependencies }).some(
    (source) => typeof source === 'string' && /^(?:file:|\.{0,2}\/)/.test(source),
  );
}

const DOCKERIGNORE = `# By "heddle init docker": what the image does not need, or must not hold.
**/node_modules
.git
.dockerignore
Dockerfile
**/*.log
# Secrets come from outside: docker run --env-file, a secret of the build for .npmrc.
**/.env
**/.env.*
.npmrc
`;
