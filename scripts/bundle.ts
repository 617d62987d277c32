// The code of dist/: the modules of src/ in few files, by who loads them together (docs/decisions/018-dist-is-bundled.md).
import { type OutputChunk, type PluginContext, rolldown } from 'rolldown';

/** What is loaded by its path: by package.json, as the entry of a thread, or as a process. */
const ENTRIES = [
  'cli/main',
  'index',
  'native/descriptor-echo',
  'pool/current-job',
  'pool/pool-thread',
  'server/check-thread',
  'server/server-thread',
] as const;

type ModuleInfo = ReturnType<PluginContext['getModuleInfo']>;
type FindModule = (id: string) => ModuleInfo;

/**
 * Writes the modules of `src/` into a few files of `dist/`. Entries keep their paths. All else goes to `dist/shared/`: as deep
 * as in `src/`, since some modules find the package by their own place.
 * @param root of the project, with a slash at its end
 */
export async function writeBundle(root: string): Promise<void> {
  const bundle = await rolldown({
    cwd: root,
    input: Object.fromEntries(ENTRIES.map((entry) => [entry, `${root}src/${entry}.ts`])),
    platform: 'node',
    // Modules that a rare command imports at once are in files that others load later.
    checks: { ineffectiveDynamicImport: false },
    external: (id) => !/^[./#]/.test(id),
    resolve: { conditionNames: ['heddle-source', 'node', 'import'] },
    preserveEntrySignatures: 'allow-extension',
  });
  const { output } = await bundle.write({
    dir: `${root}dist`,
    format: 'esm',
    minify: false,
    minifyInternalExports: false,
    entryFileNames: '[name].js',
    chunkFileNames: 'shared/[name].js',
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ debugName: 'by who loads it', name: groupsOf(`${root}src/`) }],
    },
  });
  await bundle.close();
  for (const chunk of output) if (chunk.type === 'chunk') refuseStrays(chunk);
}

/** Who loads modules together, by what that begins with. */
const LOADERS = {
  job: ['pool/pool-thread'],
  thread: ['server/server-thread'],
  folder: ['server/host-handler'],
  admin: ['server/open-admin', 'cli/top-command'],
  command: ['cli/command', 'cli/env-files', 'cli/config-file'],
  launcher: ['cli/launch'],
  program: ['index'],
  serve: ['cli/serve-command'],
} as const;

type Loader = keyof typeof LOADERS;

/** The file for a module by those who load it; what only a rare command loads is left where the bundler puts it. */
function fileFor(isLoadedBy: (loader: Loader) => boolean): string | null {
  const isSupervisor = isLoadedBy('program') || isLoadedBy('serve');
  const isServer = isSupervisor || isLoadedBy('thread');
  if (isLoadedBy('job')) return isServer || isLoadedBy('command') ? 'every-thread' : null;
  // A launcher loads no server.
  if (isServer && (isLoadedBy('command') || isLoadedBy('launcher'))) return 'command-and-server';
  if (isLoadedBy('command')) return 'command';
  // What is in the main thread loads nothing that makes Node's `fetch`.
  if (isLoadedBy('thread'))
    return isSupervisor ? 'server-and-supervisor' : isLoadedBy('admin') ? 'engine' : 'server-thread';
  if (isSupervisor && isLoadedBy('folder')) return 'folder-and-supervisor';
  if (isLoadedBy('program')) return 'supervisor';
  return isLoadedBy('serve') ? 'serve-command' : null;
}

/** {@link fileFor} as the bundler asks for it. */
function groupsOf(src: string): (id: string, context: { getModuleInfo: FindModule }) => string | null {
  let modules: Readonly<Record<string, ReadonlySet<string>>> | undefined;
  const entries = new Set(ENTRIES.map((entry) => `${src}${entry}.ts`));
  return (id, context) => {
    modules ??= Object.fromEntries(
      Object.entries(LOADERS).map(([loader, roots]) => {
        const paths = roots.map((root) => `${src}${root}.ts`);
        return [loader, closure(paths, (each) => context.getModuleInfo(each))];
      }),
    );
    const found = modules;
    return entries.has(id) ? null : fileFor((loader) => found[loader]?.has(id) ?? false);
  };
}

/** What is loaded along with some modules, with them. */
function closure(roots: readonly string[], find: FindModule): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = [...roots];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    waiting.push(...(find(id)?.importedIds ?? []));
  }
  return found;
}

/** A module that tells its place by `import.meta` would be wrong in a file that lies less deep. */
function refuseStrays({ fileName, code }: OutputChunk): void {
  if (!fileName.includes('/') && code.includes('import.meta'))
    throw new Error(`${fileName} has code that finds the package by its own place, one folder deeper.`);
}
