import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, matchesGlob, relative } from 'node:path';

/** What a Dockerfile says of the container. */
export interface Image {
  /** A folder that stands for `/` of its last stage. */
  readonly root: string;
  /** The working directory, inside of `root`. */
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Its last stage's instructions without those that make files: `USER`, `ENTRYPOINT`, ... */
  readonly says: ReadonlyMap<string, string>;
  /** What the first line of its last stage names. */
  readonly from: string;
}

/** A stage that is being built. */
interface Stage {
  readonly from: string;
  readonly root: string;
  readonly env: Record<string, string>;
  readonly says: Map<string, string>;
  workdir: string;
}

/**
 * Does what a Dockerfile says, step by step, in plain folders instead of an engine's: as strict as its author is, so an
 * instruction that is not known here is an error.
 */
export class PlainBuild implements Disposable {
  readonly #context: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'heddle-image-'));
  readonly #stages = new Map<string, Stage>();
  readonly #ignored: readonly string[];

  /** @param context the folder with the Dockerfile */
  constructor(context: string) {
    this.#context = context;
    this.#ignored = withoutComments(readFileSync(join(context, '.dockerignore'), 'utf8'));
  }

  /** Builds all stages. */
  build(): Image {
    let stage: Stage | undefined;
    for (const line of withoutComments(readFileSync(join(this.#context, 'Dockerfile'), 'utf8'))) {
      const [, instruction = '', rest = ''] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
      if (instruction === 'FROM') stage = this.#begin(rest);
      else if (stage === undefined) throw new Error(`${line} stands before FROM`);
      else this.#step(stage, instruction, rest);
    }
    if (stage === undefined) throw new Error('no FROM');
    return { ...stage, workdir: join(stage.root, stage.workdir) };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #begin(rest: string): Stage {
    const [, from = '', name = 'last'] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? [];
    const stage = { from, root: join(this.#folder, name), env: {}, says: new Map(), workdir: '/' };
    mkdirSync(stage.root);
    this.#stages.set(name, stage);
    return stage;
  }

  #step(stage: Stage, instruction: string, rest: string): void {
    switch (instruction) {
      case 'WORKDIR':
        stage.workdir = rest;
        mkdirSync(join(stage.root, rest), { recursive: true });
        break;
      case 'COPY':
        this.#copy(stage, rest);
        break;
      case 'RUN': {
        const env = { ...process.env, ...stage.env, npm_config_prefer_offline: 'true' };
        const cwd = join(stage.root, stage.workdir);
        execFileSync('sh', ['-c', rest], { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
        break;
      }
      case 'ENV':
        for (const [, name = '', value = ''] of rest.matchAll(/([A-Z_]+)=(\S+)/g)) stage.env[name] = value;
        break;
      case 'USER':
      case 'EXPOSE':
      case 'STOPSIGNAL':
      case 'HEALTHCHECK':
      case 'ENTRYPOINT':
        stage.says.set(instruction, rest);
        break;
      default:
        throw new Error(`${instruction} is not known here`);
    }
  }

  #copy(stage: Stage, rest: string): void {
    const [, from, words = ''] = /^(?:--from=(\S+) )?(.+)$/.exec(rest) ?? [];
    const other = from === undefined ? undefined : this.#stages.get(from);
    if (from !== undefined && other === undefined) throw new Error(`there is no stage ${from}`);
    const names: string[] = words.startsWith('[') ? JSON.parse(words) : words.split(' ');
    const to = names.pop() ?? '';
    const target = join(stage.root, to.startsWith('/') ? to : join(stage.workdir, to));
    for (const name of names) {
      const source = other === undefined ? join(this.#context, name) : join(other.root, name);
      // The content of a folder goes into the target, a file into a target that ends in a slash.
      const into = statSync(source).isFile() && to.endsWith('/') ? join(target, basename(source)) : target;
      cpSync(source, into, {
        recursive: true,
        verbatimSymlinks: true,
        filter: (path) => other !== undefined || !this.#isIgnored(relative(this.#context, path)),
      });
    }
  }

  #isIgnored(path: string): boolean {
    return this.#ignored.some((pattern) => matchesGlob(path, pattern));
  }
}

/** All files below a folder, but for installed packages. */
export function filesIn(folder: string): string[] {
  const paths = globSync(['**', '**/.*'], { cwd: folder, exclude: ['**/node_modules/**'] });
  return paths.filter((path) => statSync(join(folder, path)).isFile()).sort();
}

function withoutComments(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}
