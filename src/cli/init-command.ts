import { realpathSync } from 'node:fs';
import type { InitArguments } from './arguments.ts';
import { deploymentName, findDeployment, installedCommand } from './deployment.ts';
import { dockerFiles } from './docker-files.ts';
import { kubernetesManifests } from './kubernetes-manifests.ts';
import { type NewFile, writeNewFiles } from './new-files.ts';
import { systemdUnits } from './systemd-units.ts';

/** What is written, and the command that is run next. */
interface Plan {
  readonly files: readonly NewFile[];
  readonly next: string;
}

/**
 * Writes the files by which something else runs an app or a folder, and prints which, and what to run next.
 * @param args what is to be run, and by what
 * @returns the exit code
 * @throws {HeddleError} `ERR_HEDDLE_NO_TARGET`, `ERR_HEDDLE_FILE_EXISTS`, `ERR_HEDDLE_NOT_WRITTEN`; `ERR_HEDDLE_USAGE` for
 * what cannot be deployed
 */
export function writeDeployment({ kind, target, force }: InitArguments): number {
  const { files, next } = PLANS[kind](target);
  writeNewFiles(files, force);
  process.stdout.write(`Wrote ${files.map(({ name }) => name).join(' and ')}.\nNext: ${next}\n`);
  return 0;
}

const PLANS: Readonly<Record<InitArguments['kind'], (target: string | undefined) => Plan>> = {
  docker: (target) => {
    const deployment = findDeployment(target);
    const { name } = deployment;
    return {
      files: dockerFiles(deployment, process.versions.node.split('.')[0] ?? ''),
      next: `docker build -t ${name} . && docker run --rm -p 7878:7878 ${name}`,
    };
  },
  systemd: (target) => {
    const deployment = findDeployment(target);
    const entry = installedCommand(deployment.root, realpathSync(process.argv[1] ?? '.'));
    const files = systemdUnits(deployment, [process.execPath, entry]);
    const names = files.map(({ name }) => name).join(' ');
    return {
      files,
      next: `sudo cp ${names} /etc/systemd/system/ && sudo systemctl daemon-reload && sudo systemctl enable --now ${names}`,
    };
  },
  k8s: (target) => {
    // The image has what is served: there need be nothing here.
    const name = target === undefined ? deploymentName() : findDeployment(target).name;
    return {
      files: kubernetesManifests(name),
      next: 'kubectl apply -f deployment.yaml -f service.yaml',
    };
  },
};
