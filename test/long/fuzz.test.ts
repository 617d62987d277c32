import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { suite, test } from 'node:test';
import { type Campaign, formatSummary, runCampaign } from '../../fuzz/run.ts';
import { TARGETS, type TargetName } from '../../fuzz/targets.ts';

const INPUTS = 12_000_000;

suite('twelve million random inputs', () => {
  for (const target of Object.keys(TARGETS) as TargetName[]) {
    test(`have no finding (${target})`, async (context) => {
      const campaign: Campaign = {
        target,
        inputs: INPUTS,
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
      assert.equal(summary.inputs, INPUTS);
    });
  }
});
