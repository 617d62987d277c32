import assert from 'node:assert/strict';
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { runHeddle } from '../support/spawn-heddle.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { readYaml } from './yaml.ts';

const MANIFEST = '{ "name": "@acme/Shop_2", "dependencies": { "heddle": "^0.1.0" } }';

function init(folder: string, ...args: readonly string[]): ReturnType<typeof runHeddle> {
  return runHeddle(['init', ...args], { cwd: folder });
}

describe('the files of heddle init', () => {
  test('are named after the package, and what was written and comes next is said', async () => {
    const folder = temporaryFolder({ 'package.json': MANIFEST, 'app.ts': '' });
    for (const [kind, expected] of [
      [
        'docker',
        'Wrote Dockerfile and .dockerignore.\nNext: docker build -t shop-2 . && docker run --rm -p 7878:7878 shop-2\n',
      ],
      [
        'systemd',
        'Wrote shop-2.service and shop-2.socket.\nNext: sudo cp shop-2.service shop-2.socket /etc/systemd/system/ && sudo systemctl daemon-reload && sudo systemctl enable --now shop-2.service shop-2.socket\n',
      ],
      [
        'k8s',
        'Wrote deployment.yaml and service.yaml.\nNext: kubectl apply -f deployment.yaml -f service.yaml\n',
      ],
    ] as const) {
      const { code, stdout, stderr } = await init(folder, kind, 'app.ts');
      assert.deepEqual([code, stdout, stderr], [0, expected, '']);
    }
    for (const name of readdirSync(folder)) {
      const text = readFileSync(`${folder}/${name}`, 'utf8');
      assert.ok(!/undefined|NaN|\[object/.test(text), `${name}:\n${text}`);
    }
  });

  test('replace none that is there, and write none then, unless --force is given', async () => {
    const folder = temporaryFolder({ 'package.json': MANIFEST, 'app.ts': '', Dockerfile: 'mine' });
    const refused = await init(folder, 'docker', 'app.ts');
    assert.equal(refused.code, 1);
    assert.equal(
      refused.stderr,
      'heddle: Dockerfile is there already. Move it away, or give --force to write over it.\n',
    );
    assert.deepEqual(readdirSync(folder).sort(), ['Dockerfile', 'app.ts', 'package.json']);
    assert.equal(readFileSync(`${folder}/Dockerfile`, 'utf8'), 'mine');
    assert.equal((await init(folder, 'docker', 'app.ts', '--force')).code, 0);
    assert.match(readFileSync(`${folder}/Dockerfile`, 'utf8'), /^FROM node:/m);
  });

  test('are not written through a link that leads nowhere', async () => {
    const folder = temporaryFolder();
    symlinkSync(`${folder}/elsewhere`, `${folder}/service.yaml`);
    const { code, stderr } = await init(folder, 'k8s');
    assert.equal(code, 1);
    assert.match(stderr, /^heddle: service\.yaml is there already\. /);
    assert.ok(!readdirSync(folder).includes('elsewhere'));
  });

  test('that the system refuses to write are said', async () => {
    const folder = temporaryFolder({ 'service.yaml/file': '' });
    const { code, stderr } = await init(folder, 'k8s', '--force');
    assert.equal(code, 1);
    assert.match(stderr, /^heddle: service\.yaml could not be written: EISDIR[^\n]*\n$/);
  });

  test('of Docker install from what package.json and its lock say', async () => {
    const files = { 'package.json': MANIFEST, 'app.ts': '' };
    const loose = temporaryFolder(files);
    await init(loose, 'docker', 'app.ts');
    assert.match(
      readFileSync(`${loose}/Dockerfile`, 'utf8'),
      /^COPY package\.json \.\/\n# [^\n]+\nRUN npm install --omit=dev\nCOPY \. \.$/m,
    );
    const locked = temporaryFolder({ ...files, 'package-lock.json': '{}' });
    await init(locked, 'docker', 'app.ts');
    assert.match(
      readFileSync(`${locked}/Dockerfile`, 'utf8'),
      /^COPY package\.json package-lock\.json \.\/\nRUN npm ci --omit=dev\nCOPY \. \.$/m,
    );
  });
});

describe('a config file', () => {
  const files = { 'package.json': MANIFEST, 'heddle.config.ts': '', 'site/index.html': '' };
  const entry = (...served: readonly string[]): string =>
    `ENTRYPOINT ${JSON.stringify(['node', 'node_modules/heddle/dist/cli/main.js', ...served])}`;

  test('says what is served where nothing is named, and is taken along', async () => {
    const folder = temporaryFolder(files);
    for (const kind of ['docker', 'systemd']) assert.equal((await init(folder, kind)).code, 0);
    const lines = readFileSync(`${folder}/Dockerfile`, 'utf8').split('\n');
    assert.ok(lines.includes('COPY . .') && lines.includes(entry()));
    assert.match(readFileSync(`${folder}/shop-2.service`, 'utf8'), /^ExecStart=\S+ \S+main\.ts$/m);
  });

  test('is taken along with a folder too', async () => {
    const folder = temporaryFolder(files);
    assert.equal((await init(folder, 'docker', 'site')).code, 0);
    const lines = readFileSync(`${folder}/Dockerfile`, 'utf8').split('\n');
    assert.ok(lines.includes('COPY . .') && lines.includes(entry('./site')));
  });
});

describe('heddle init refuses', () => {
  const folder = temporaryFolder({ 'package.json': MANIFEST, 'app.ts': '', 'a$b.ts': '', 'a\nb.ts': '' });
  const bare = temporaryFolder({ 'app.ts': '' });
  const broken = temporaryFolder({ 'package.json': '{', 'app.ts': '' });
  const refused: readonly (readonly [where: string, args: readonly string[], says: RegExp])[] = [
    [folder, [], /missing required argument 'kind'/],
    [
      folder,
      ['podman'],
      /'podman' is invalid for argument 'kind'\. Allowed choices are docker, systemd, k8s/,
    ],
    [folder, ['docker'], /There is no \.\/public\. Name the app or the folder/],
    [folder, ['docker', 'missing.ts'], /There is no folder or app "missing\.ts"/],
    [folder, ['docker', '.'], /All of this folder would be served/],
    [folder, ['systemd', '../'], /"\.\.\/" is not in this folder/],
    [folder, ['systemd', '/usr/bin'], /"\/usr\/bin" is not in this folder/],
    [folder, ['docker', 'a$b.ts'], /"a\$b\.ts" has characters that the files would read otherwise/],
    [folder, ['systemd', 'a\nb.ts'], /"a\\nb\.ts" has characters that the files would read otherwise/],
    [bare, ['docker', 'app.ts'], /package\.json has no heddle among its dependencies/],
    [broken, ['k8s'], /package\.json could not be read: .*JSON/],
  ];
  for (const [where, args, says] of refused) {
    test(JSON.stringify(args), async () => {
      const before = readdirSync(where);
      const { code, stdout, stderr } = await init(where, ...args);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, /^heddle: [^\n]+\n$/);
      assert.match(stderr, says);
      assert.deepEqual(readdirSync(where), before);
    });
  }
});

describe('the manifests of heddle init k8s', () => {
  test('fit each other and what the server does', async () => {
    const folder = temporaryFolder({ 'package.json': MANIFEST });
    assert.equal((await init(folder, 'k8s')).code, 0);
    const [deployment, service] = ['deployment.yaml', 'service.yaml'].map((name) =>
      readYaml(readFileSync(`${folder}/${name}`, 'utf8')),
    );
    const label = { 'app.kubernetes.io/name': 'shop-2' };
    assert.partialDeepStrictEqual(deployment, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'shop-2', labels: label },
      spec: { selector: { matchLabels: label }, template: { metadata: { labels: label } } },
    });
    assert.deepEqual(service, {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'shop-2', labels: label },
      spec: { selector: label, ports: [{ name: 'http', port: '80', targetPort: 'http' }] },
    });
    const { spec: pod } = (deployment as unknown as PodOwner).spec.template;
    const [container] = pod.containers;
    assert.ok(container);
    // The flags are ones that heddle takes.
    writeFileSync(`${folder}/app.ts`, 'export default { fetch: () => new Response() };');
    const given = container.args.filter((flag) => !flag.startsWith('--port'));
    const checked = await runHeddle(['check', 'app.ts', '--max-connections', '9', ...given], { cwd: folder });
    assert.equal(checked.code, 0, checked.stdout + checked.stderr);
    const seconds = (flag: string): number =>
      Number(given.find((one) => one.startsWith(`${flag}=`))?.match(/=(\d+)s$/)?.[1]);
    const { seconds: heldBack } = container.lifecycle.preStop.sleep;
    assert.ok(Number(heldBack) >= 5, 'requests come for some seconds after a pod was told to end');
    const needed = Number(heldBack) + seconds('--drain-timeout') + 2;
    assert.ok(Number(pod.terminationGracePeriodSeconds) > needed);
    const ports = Object.fromEntries(container.ports.map(({ name, containerPort }) => [name, containerPort]));
    assert.ok(container.args.includes(`--admin=0.0.0.0:${ports.admin}`));
    assert.ok(container.args.includes(`--port=${ports.http}`));
    const probes = [container.startupProbe, container.readinessProbe, container.livenessProbe];
    assert.deepEqual(
      probes.map(({ httpGet }) => `${httpGet.port}${httpGet.path}`),
      ['admin/readyz', 'admin/readyz', 'admin/livez'],
    );
    assert.match(container.resources.limits.cpu, /^\d+$/, 'a part of a CPU is no thread');
  });
});

/** What of a Deployment is looked at, as text. */
interface PodOwner {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly terminationGracePeriodSeconds: string;
        readonly containers: readonly {
          readonly args: readonly string[];
          readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: string } } };
          readonly ports: readonly { readonly name: string; readonly containerPort: string }[];
          readonly startupProbe: Probe;
          readonly readinessProbe: Probe;
          readonly livenessProbe: Probe;
          readonly resources: { readonly limits: { readonly cpu: string } };
        }[];
      };
    };
  };
}
interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}
