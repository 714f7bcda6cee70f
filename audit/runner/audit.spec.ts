import { test } from '@playwright/test';
import { readTests, requestVerdict } from './verdict-client.ts';

/** Fails a test without a stack: where in the audit it was thrown does not help to fix the target. */
class Finding extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'Finding';
    this.stack = sentence;
  }
}

// Without this, Playwright looks up the source location of each of its steps, which every check waits for.
Reflect.deleteProperty(Error, 'prepareStackTrace');

const { checks } = await readTests();

// A failed, inconclusive or disabled check is a failed test. One that does not apply, or that could not begin like another one, is skipped.
for (const { id, area, timeoutMs } of checks) {
  test.describe(area, () => {
    test(id, async () => {
      test.setTimeout(timeoutMs);
      const { outcome, summary, isRepeated } = await requestVerdict(id);
      const sentence = `${outcome}: ${summary}`;
      test.skip(outcome === 'not applicable' || isRepeated, sentence);
      if (outcome !== 'pass') throw new Finding(sentence);
      test.info().annotations.push({ type: 'observed', description: sentence });
    });
  });
}
