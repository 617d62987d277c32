import { fileURLToPath } from 'node:url';
import { HeddleError } from '#observe/heddle-error.ts';
import type { FoundApp, FoundTasks } from './check-thread.ts';
import { refuseVainLimit } from './client-limit.ts';
import { findUnerasable } from './erasable-syntax.ts';
import { NATIVE_ADDON_STEP } from './import-error.ts';
import { checkMachine, type Finding } from './machine-check.ts';
import { environmentLayer, type OptionLayer, objectLayer, settleConfig } from './server-config.ts';
import { type TrialOutcome, tryLoad } from './trial-load.ts';

/**
 * Loads an app as a server would, in two threads at once, and tells what would not work, or not well. It serves nothing, and
 * does not call the app's `ready()`.
 * @param app the URL of the module
 * @param flags options stronger than the app's
 * @param config options weaker than those, and stronger than the environment's
 * @returns what was found, in an order to be read
 */
export async function checkApp(app: URL, flags: OptionLayer, config?: OptionLayer): Promise<Finding[]> {
  const below = [...(config === undefined ? [] : [config]), environmentLayer(process.env)];
  const outside = [flags, ...below];
  const known = settle(outside);
  const { startMs, threadMemoryMb: heapMb } = known.settings;
  const limits = { startMs, heapMb };
  const outcome = await tryLoad<FoundApp>({ module: app.href, as: 'app', ...limits });
  const { found } = outcome;
  const findings = loadFindings('app', outcome);
  let { settings } = known;
  if (found === undefined) {
    findings.push(...known.findings);
  } else {
    const module = objectLayer(found.options.values, fileURLToPath(app));
    const all = settle([flags, module, ...below]);
    settings = all.settings;
    for (const text of found.warnings) findings.push({ mark: 'warning', subject: 'app', text });
    findings.push({ mark: 'ok', subject: 'handler', text: found.handler });
    findings.push(...(all.findings.length > 0 ? all.findings : optionFindings(found)));
  }
  const tasks = found?.options.tasks;
  if (tasks !== undefined) {
    findings.push(...taskFindings(await tryLoad<FoundTasks>({ module: tasks, as: 'tasks', ...limits })));
  }
  findings.push(...syntaxFindings([app, ...(tasks === undefined ? [] : [new URL(tasks)])], findings));
  findings.push(...checkMachine(settings, found?.heapBytes));
  return findings;
}

function settle(layers: readonly OptionLayer[]): {
  settings: ReturnType<typeof settleConfig>['settings'];
  findings: Finding[];
} {
  try {
    const { settings } = settleConfig(layers);
    refuseVainLimit(settings);
    return { settings, findings: [] };
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    const { settings } = settleConfig([]);
    return { settings, findings: [{ mark: 'problem', subject: 'options', text: error.message }] };
  }
}

function loadFindings(subject: string, outcome: TrialOutcome<unknown>): Finding[] {
  const { errors, isDivided, loadMs } = outcome;
  if (errors.length === 0) {
    const text = `loads in two threads at once, in ${Math.round(loadMs)} ms`;
    return [{ mark: 'ok', subject, text }];
  }
  return errors.map((error) => ({ mark: 'problem', subject, text: describeLoad(error, isDivided) }));
}

function describeLoad(error: Error, isDivided: boolean): string {
  const [message = ''] = error.message.split('\n');
  if (!isDivided) return message;
  const addon = addonOf(error);
  if (addon === undefined) return `loads in one thread, but not in a second beside it: ${message}`;
  const [place = ''] = message.split(' could not be loaded: ');
  return `${place} needs ${addon}, a native addon that refuses a second thread. ${NATIVE_ADDON_STEP}`;
}

/** The file of a native addon that could not be loaded. */
function addonOf(error: Error): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) {
    if ('code' in at && at.code === 'ERR_DLOPEN_FAILED') return /'(.+?\.node)'/.exec(at.message)?.[1];
  }
  return undefined;
}

function optionFindings({ options: { values, staticRoot, virtualHosts }, passedOver }: FoundApp): Finding[] {
  const texts = Object.entries(values).map(([name, value]) => `${name} ${String(value)}`);
  if (staticRoot !== undefined) texts.push(`static ${staticRoot}`);
  if (virtualHosts !== undefined) texts.push('virtualHosts');
  const own = texts.length === 0 ? 'none of its own' : texts.join(', ');
  const other = passedOver.length === 0 ? '' : `; passed over: ${passedOver.join(', ')}`;
  return [{ mark: 'ok', subject: 'options', text: own + other }];
}

function taskFindings(outcome: TrialOutcome<FoundTasks>): Finding[] {
  const { found } = outcome;
  if (found === undefined || outcome.errors.length > 0) return loadFindings('tasks', outcome);
  if (found.jobs.length > 0) return [{ mark: 'ok', subject: 'tasks', text: found.jobs.join(', ') }];
  const text = 'the module exports no function. Export those that are to be jobs.';
  return [{ mark: 'warning', subject: 'tasks', text }];
}

/** What was told already, as the reason why it does not load, is not told again. */
function syntaxFindings(modules: readonly URL[], told: readonly Finding[]): Finding[] {
  const lines = new Set(modules.flatMap(findUnerasable));
  return [...lines]
    .filter((text) => !told.some((finding) => finding.text === text))
    .map((text) => ({ mark: 'problem', subject: 'syntax', text }));
}
