import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Exchange } from '../model/exchange.ts';
import { MARKER } from '../model/marker.ts';
import { exchange, problem } from '../test/exchanges.ts';
import { createControls, type Controls } from './controls.ts';
import type { PlannedRequest } from './write-rule.ts';

const creation = (text: string, priority = 'low'): PlannedRequest => ({
  method: 'POST',
  path: '/api/v1/tasks',
  headers: [['Authorization', `Bearer ${text}`]],
  body: JSON.stringify({ title: `${MARKER}${text}`, priority }),
});
const HEALTH: PlannedRequest = { method: 'GET', path: '/health' };
const LIST: PlannedRequest = { method: 'GET', path: '/api/v1/tasks' };

/** Controls that get these statuses, the last one repeatedly. */
/** The target has worked before. */
async function startedWith(...statuses: readonly number[]): Promise<ReturnType<typeof controlsWith>> {
  const started = controlsWith(...statuses);
  await after(started.controls, 200, HEALTH);
  return started;
}

function controlsWith(...statuses: readonly number[]): { controls: Controls; sent: { controlOf: readonly string[]; retryOf?: string }[] } {
  const sent: { controlOf: readonly string[]; retryOf?: string }[] = [];
  const controls = createControls(async (_, refersTo) => {
    sent.push(refersTo);
    const status = statuses[Math.min(sent.length, statuses.length) - 1] ?? 200;
    return exchange({ path: '/health' }, status < 500 ? { status } : problem(status));
  }, HEALTH.path);
  return { controls, sent };
}

const after = async (controls: Controls, status: number, request: PlannedRequest): Promise<Exchange> => {
  const failed = exchange({ method: request.method, path: request.path }, status < 500 ? { status } : problem(status));
  await controls.after(failed, request);
  return failed;
};

describe('the controls', () => {
  test('are not sent after responses that show a working target, nor after a 503', async () => {
    const { controls, sent } = await startedWith(200);
    for (const status of [200, 404, 429, 503]) await after(controls, status, LIST);
    assert.deepEqual(sent, []);
  });

  test('are not sent where health has never worked: that it fails shows nothing about other requests', async () => {
    const { controls, sent } = controlsWith(500);
    await after(controls, 204, { ...HEALTH, method: 'OPTIONS' });
    for (const request of [HEALTH, LIST, creation('0a')]) await after(controls, 500, request);
    assert.deepEqual(sent, []);
    assert.equal(controls.objectionTo(LIST), undefined);
  });

  test('are sent once after a failure that the target survives, and similar requests are still sent', async () => {
    const { controls, sent } = await startedWith(200);
    const failed = await after(controls, 500, creation('0a'));
    assert.deepEqual(sent, [{ controlOf: [failed.id] }]);
    assert.equal(controls.objectionTo(creation('0b')), undefined);
  });

  test('are repeated where the target does not respond, and no similar request is sent again', async () => {
    const { controls, sent } = await startedWith(502, 200);
    const failed = await after(controls, 502, creation('0a'));
    assert.deepEqual(
      sent.map(({ controlOf, retryOf }) => [controlOf, retryOf === undefined]),
      [
        [[failed.id], true],
        [[failed.id], false],
      ],
    );
    assert.equal(controls.objectionTo(creation('0b')), 'a request like this one has stopped the API');
    assert.equal(controls.objectionTo(creation('0b', 'high')), undefined);
    assert.equal(controls.objectionTo(LIST), undefined);
  });

  test('end where the target does not respond again: nothing more is sent', async () => {
    const { controls, sent } = await startedWith(502);
    await after(controls, 502, creation('0a'));
    await after(controls, 502, LIST);
    assert.equal(sent.length, 2);
    assert.equal(controls.objectionTo(LIST), 'the API has stopped responding');
  });

  test('are shared by requests that fail at the same time; a plain read among them is sent again', async () => {
    const { controls, sent } = await startedWith(502, 200);
    const failed = await Promise.all([after(controls, 502, LIST), after(controls, 502, creation('0a'))]);
    assert.deepEqual(
      sent[0]?.controlOf,
      failed.map(({ id }) => id),
    );
    assert.equal(sent.length, 2);
    assert.equal(controls.objectionTo(LIST), undefined);
    assert.ok(controls.objectionTo(creation('0b')));
  });
});
