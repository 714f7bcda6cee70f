import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readContract } from '../../contract/contract.ts';
import type { GatherContext } from '../../gather/context.ts';
import type { HttpRequest } from '../../gather/http-client.ts';
import { canary, exchange } from '../../test/exchanges.ts';
import { createAttacker } from './attacks.ts';

const contract = readContract('contract/openapi.json');
const before = exchange({ ms: 20 });
const control = exchange({ actor: 'anonymous' });

/** @param purposes the milliseconds of a request and of its repetition @returns those that are repeated */
async function repeatedAfter(...purposes: readonly string[]): Promise<string[]> {
  const sent: string[] = [];
  const send = ({ purpose }: HttpRequest): Promise<ReturnType<typeof exchange>> => {
    sent.push(purpose);
    const [first = 0, again = 0] = purpose.split(', ').map(Number);
    return Promise.resolve(exchange({ purpose, ms: sent.filter((each) => each === purpose).length === 1 ? first : again }, { status: 401 }));
  };
  const context = { contract, http: { send }, objects: { read: () => Promise.resolve(before) } } as unknown as GatherContext;
  const attacker = createAttacker(context, { victim: canary(1, 'text'), decoys: [], before, control });
  for (const purpose of purposes) await attacker.send({ purpose, path: '/' });
  await attacker.finish([]);
  return sent.slice(purposes.length);
}

test('of many slow rejections the slowest five are sent again', async () => {
  const slow = [1_100, 1_700, 1_300, 1_500, 1_200, 1_600, 1_400].map((ms) => `${ms}, 20`);
  assert.deepEqual(await repeatedAfter('20, 20', ...slow), ['1700, 20', '1600, 20', '1500, 20', '1400, 20', '1300, 20']);
});

test('no more are sent after one that is slow again', async () => {
  assert.deepEqual(await repeatedAfter('1300, 20', '1500, 1500', '1600, 20'), ['1600, 20', '1500, 1500']);
});
