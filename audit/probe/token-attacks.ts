import { type Operation, pathOfItem } from '../contract.ts';
import type { Exchange } from '../exchange.ts';
import { type Attack, type AttackClass, forged, misplacedAndMalformed, oversized, rightlySigned, soon, underSecondKey } from './bad-credentials.ts';
import type { Kit } from './kit.ts';
import { bodyOf, type Canary } from './tenants.ts';
import { signToken, withTurnedBit } from './tokens.ts';

const AT_ONCE = 16;

export type TokenEvidence = {
  victim: Canary;
  /** The owner reads before and after: the object is there all the time. */
  before: Exchange;
  after: Exchange;
  /** The owner reads with a token under BETTER_AUTH_SECRET, where the audit was given it. */
  secondKey?: Exchange;
  /** What nobody at all is answered: every other refusal must look the same. */
  control: Exchange;
  attacks: readonly { kind: AttackClass; name: string; operation: string; exchange: Exchange }[];
  /** Large and costly tokens: refused at once, also before anybody looks at them. */
  oversized: readonly Exchange[];
  /** Classes that need the target's key, which the audit was not given. */
  withoutKey: readonly AttackClass[];
};

/**
 * Bad credentials, dealt out over the protected operations: each operation meets some of every group, and an address with a
 * limit of 100 a minute has room for all of them.
 */
export async function probeTokens(kit: Kit): Promise<TokenEvidence> {
  const { credentials, contract, target } = kit;
  const victim = await kit.objects.create('tenant A', 'object that bad tokens ask for');
  const path = pathOfItem(contract.resource.read, victim.id);
  const before = await kit.objects.read('tenant A', victim.id, 'owner reads before the attacks');
  const control = await kit.wire.send({ actor: 'anonymous', purpose: 'no credentials', path });
  const token = credentials.tokenOf('tenant A') ?? '';
  const { sign } = credentials;
  const userId = credentials.subjectOf('tenant A');
  const material = { token, other: credentials.tokenOf('tenant B') ?? '', publicNames: [new URL(target.appOrigin).hostname.split('.')[0] ?? ''] };
  const signed = sign === undefined || userId === undefined ? [] : rightlySigned({ sign, userId });
  const secondSecret = target.secrets['BETTER_AUTH_SECRET'];
  const second = secondSecret === undefined || userId === undefined ? undefined : { key: secondSecret, userId };
  const secondKey =
    second &&
    (await kit.wire.send({
      actor: 'tenant A',
      token: signToken({ sub: second.userId, exp: soon() }, second.key),
      purpose: 'owner reads with a token under the second key',
      path,
    }));
  if (second && signed.length > 0) signed.push(...underSecondKey((claims) => signToken(claims, second.key), second.userId));

  const attack = async (operation: Operation, { kind, name, headers, query = '' }: Attack): Promise<TokenEvidence['attacks'][number]> => ({
    kind,
    name,
    operation: operation.id,
    exchange: await kit.wire.send({
      actor: 'anonymous',
      purpose: name,
      method: operation.method,
      path: `${pathOfItem(operation, victim.id)}${query}`,
      ...(headers && { headers }),
      ...bodyOf(operation, contract.resource),
    }),
  });
  const dealt = dealOut(protectedOperations(kit), [misplacedAndMalformed(material), forged(material), signed]);
  const met = new Set(dealt.map(([{ id }]) => id));
  const spare: Attack = {
    kind: 'tampered',
    name: 'one bit of the signature turned',
    headers: [['Authorization', `Bearer ${withTurnedBit(token)}`]],
  };
  const rest = protectedOperations(kit).flatMap((operation): [Operation, Attack][] => (met.has(operation.id) ? [] : [[operation, spare]]));
  const attacks: TokenEvidence['attacks'][number][] = [];
  const all = [...dealt, ...rest];
  // Few at a time: how long each takes is judged.
  for (let index = 0; index < all.length; index += AT_ONCE)
    attacks.push(...(await Promise.all(all.slice(index, index + AT_ONCE).map(([operation, each]) => attack(operation, each)))));
  const large = oversized(material).map(({ name, headers = [] }) => kit.wire.send({ actor: 'anonymous', purpose: name, path, headers }));
  const costly = await Promise.all(large);
  const after = await kit.objects.read('tenant A', victim.id, 'owner reads after the attacks');
  const withoutKey: AttackClass[] = sign === undefined ? ['expired', 'without-exp', 'claims'] : [];
  return { victim, before, after, ...(secondKey && { secondKey }), control, attacks, oversized: costly, withoutKey };
}

/** Reading an object comes first: the first attack of each group is aimed at what the owner reads. */
function protectedOperations({ contract }: Kit): Operation[] {
  const { read } = contract.resource;
  return [read, ...contract.operations.filter((operation) => operation.protected && operation.id !== read.id)];
}

function dealOut(operations: readonly Operation[], groups: readonly (readonly Attack[])[]): [Operation, Attack][] {
  return groups.flatMap((attacks) =>
    attacks.flatMap((attack, index): [Operation, Attack][] => {
      const operation = operations[index % operations.length];
      return operation ? [[operation, attack]] : [];
    }),
  );
}

export type CoverageEvidence = {
  operations: readonly { operation: Operation; without: Exchange }[];
  /** Other ways to say the same path or method, without a token. */
  tricks: readonly Exchange[];
  victim: Canary;
  after: Exchange;
};

/** Every protected operation of the contract but reading, without a token, on an object that exists. */
export async function probeOperations(kit: Kit): Promise<CoverageEvidence> {
  const victim = await kit.objects.create('tenant A', 'object that nobody may touch');
  const operations = await Promise.all(
    // Reading it without a token is the control of the attacks.
    protectedOperations(kit)
      .filter(({ id }) => id !== kit.contract.resource.read.id)
      .map(async (operation) => ({
        operation,
        without: await kit.wire.send({
          actor: 'anonymous',
          purpose: 'no token',
          method: operation.method,
          path: pathOfItem(operation, victim.id),
          ...bodyOf(operation, kit.contract.resource),
        }),
      })),
  );
  const item = pathOfItem(kit.contract.resource.read, victim.id);
  const trick = (purpose: string, path: string, method = 'GET', headers: readonly (readonly [string, string])[] = []): Promise<Exchange> =>
    kit.wire.send({ actor: 'anonymous', purpose, method, path, headers });
  const tricks = await Promise.all([
    trick('HEAD', item, 'HEAD'),
    trick('trailing slash', `${item}/`),
    trick('double slash', `/${item}`),
    trick('upper case', item.toUpperCase()),
    trick('encoded dot', `${item}/%2e`),
    trick('path parameter', `${item};x`),
    trick('method override', item, 'POST', [['X-HTTP-Method-Override', 'GET']]),
    trick('rewritten URL', kit.contract.health.path, 'GET', [
      ['X-Original-URL', item],
      ['X-Rewrite-URL', item],
    ]),
  ]);
  return { operations, tricks, victim, after: await kit.objects.read('tenant A', victim.id, 'owner reads after anonymous operations') };
}
