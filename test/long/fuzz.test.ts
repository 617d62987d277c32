import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { suite, test } from 'node:test';
import { type Campaign, formatSummary, runCampaign } from '../../fuzz/run.ts';
import { TARGETS, type TargetName } from '../../fuzz/targets.ts';

/** Each path is looked up on a disk. */
const INPUTS: Readonly<Record<TargetName, number>> = {
  differential: 12_000_000,
  splits: 12_000_000,
  paths: 3_000_000,
};

suite('millions of random inputs', () => {
  for (const target of Object.keys(TARGETS) as TargetName[]) {
    test(`have no finding (${target})`, async (context) => {
      const campaign: Campaign = {
        target,
        inputs: INPUTS[target],
        seconds: 3600,
        // Another one each time: the way to the same inputs is in the output.
        seed: Date.now() % 1_000_000,
        threads: availableParallelism(),
      };
      const start = performance.now();
      const summary = await runCampaign(campaign);
      for (const line of formatSummary(campaign, summary, performance.now() - start).split('\n')) {
        context.diagnostic(line);
      }
      assert.deepEqual(summary.findings, []);
      assert.equal(summary.inputs, INPUTS[target]);
    });
  }
});
