import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readRelease } from './release.ts';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const NOW = Date.parse('2026-11-28T09:05:00Z');

function read(settings: Readonly<Record<string, string>>): { release: ReturnType<typeof readRelease>; problems: string[] } {
  const problems: string[] = [];
  return { release: readRelease((name) => settings[name], problems, NOW), problems };
}

describe('the settings of a release', () => {
  test('are absent without AUDIT_COMMIT, even if other settings describe a deployment', () => {
    assert.deepEqual(read({}), { release: undefined, problems: [] });
    assert.deepEqual(read({ AUDIT_DEPLOYED_AT: '2026-11-28T09:00:00Z' }), { release: undefined, problems: [] });
  });

  test('have a commit and the creation time of its deployment', () => {
    assert.deepEqual(read({ AUDIT_COMMIT: COMMIT.toUpperCase(), AUDIT_DEPLOYED_AT: '2026-11-28T10:00:00+01:00' }).release, {
      commit: COMMIT,
      deployedAt: Date.parse('2026-11-28T09:00:00Z'),
      firstHealthy: undefined,
    });
    assert.equal(read({ AUDIT_COMMIT: COMMIT }).release?.deployedAt, undefined);
  });

  test('reject anything that is not a full commit', () => {
    for (const text of ['main', COMMIT.slice(0, 12), `${COMMIT}0`, COMMIT.replace('f', 'g'), `${COMMIT}\n${COMMIT}`])
      assert.match(read({ AUDIT_COMMIT: text }).problems.join(), /^AUDIT_COMMIT is not a full Git commit: give all 40 hex digits/, text);
  });

  test('reject a time without a zone, or more than a minute in the future', () => {
    for (const text of ['yesterday', '2026-11-28', '2026-11-28T09:00:00', '1795161600', '2026-11-28T25:00:00Z'])
      assert.match(read({ AUDIT_DEPLOYED_AT: text }).problems.join(), /^AUDIT_DEPLOYED_AT is not an ISO 8601 time with a zone/, text);
    assert.deepEqual(read({ AUDIT_DEPLOYED_AT: '2026-11-28T09:06:00Z' }).problems, []);
    assert.match(read({ AUDIT_DEPLOYED_AT: '2026-11-28T09:06:01Z' }).problems.join(), /^AUDIT_DEPLOYED_AT is in the future/);
  });

  test('include what was observed before the audit was installed', () => {
    const firstHealthy = (text: string): unknown => read({ AUDIT_COMMIT: COMMIT, AUDIT_FIRST_HEALTHY: text }).release?.firstHealthy;
    assert.deepEqual(firstHealthy(`{"commit":"${COMMIT}","at":"2026-11-28T09:01:00.250Z","polls":7,"last_status":200}`), {
      commit: COMMIT,
      at: Date.parse('2026-11-28T09:01:00.250Z'),
      polls: 7,
      last_status: 200,
    });
    assert.deepEqual(firstHealthy('{"commit":null,"at":null,"polls":0,"last_status":null}'), { commit: null, at: null, polls: 0, last_status: null });
  });

  test('reject a malformed observation, naming the place without its value', () => {
    for (const [text, place] of [
      ['secret', /\(the value\)/],
      ['[]', /\(the value\)/],
      ['{"commit":"secret","at":null,"polls":0,"last_status":null}', /\(commit\)/],
      ['{"commit":null,"at":"secret","polls":-1,"last_status":null}', /\(at, polls\)/],
      ['{"commit":null,"at":null,"polls":0}', /\(last_status\)/],
      ['{"commit":null,"at":null,"polls":0,"last_status":7}', /\(last_status\)/],
      ['{"commit":null,"at":null,"polls":0,"last_status":null,"secret":1}', /\(the value\)/],
    ] as const) {
      const message = read({ AUDIT_FIRST_HEALTHY: text }).problems.join();
      assert.match(message, /^AUDIT_FIRST_HEALTHY is invalid/, text);
      assert.match(message, place, text);
      assert.doesNotMatch(message, /secret/, text);
    }
    assert.match(
      read({ AUDIT_FIRST_HEALTHY: '{"commit":null,"at":"2026-11-28T09:30:00Z","polls":1,"last_status":200}' }).problems.join(),
      /^AUDIT_FIRST_HEALTHY is in the future/,
    );
  });
});
