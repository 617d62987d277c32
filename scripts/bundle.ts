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

/** Which file a module goes to; what only one rare command needs is left where the bundler puts it. */
function groupsOf(
  src: string,
): (id: string, context: { getModuleInfo(id: string): ModuleInfo }) => string | null {
  let sets: Readonly<Record<'job' | 'thread' | 'program' | 'command', ReadonlySet<string>>> | undefined;
  const entries = new Set(ENTRIES.map((entry) => `${src}${entry}.ts`));
  return (id, context) => {
    const find: FindModule = (each) => context.getModuleInfo(each);
    const loadedBy = (...names: string[]): ReadonlySet<string> =>
      closure(
        names.map((name) => `${src}${name}.ts`),
        find,
      );
    sets ??= {
      job: loadedBy('pool/pool-thread'),
      thread: loadedBy('server/server-thread'),
      program: loadedBy('index'),
      command: loadedBy('cli/command', 'cli/serve-command'),
    };
    const { job, thread, program, command } = sets;
    if (entries.has(id)) return null;
    const isSupervised = program.has(id) || command.has(id);
    if (job.has(id)) return thread.has(id) || isSupervised ? 'every-thread' : null;
    if (thread.has(id)) return isSupervised ? 'server-and-supervisor' : 'server-thread';
    if (program.has(id)) return 'supervisor';
    return command.has(id) ? 'serve-command' : null;
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
