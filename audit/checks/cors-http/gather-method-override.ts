import { pathOfItem } from '../../contract/contract.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { Kit } from '../../gather/context.ts';
import { type Canary, newCanaryText } from '../../gather/tenants.ts';

export type MethodOverrideEvidence = {
  /** Of each attempt: the object that the overriding method would delete or change, and what its owner reads afterwards. */
  attempts: readonly { name: string; victim: Canary; exchange: Exchange; after: Exchange }[];
  /** A creation with an override to GET: it must create, and not list. */
  creation: Canary;
};

const OVERRIDE_HEADERS = ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'];

/** A valid token on its owner's own objects: the method that is sent must be the one that is carried out. */
export async function probeMethodOverride(kit: Kit): Promise<MethodOverrideEvidence> {
  const { resource } = kit.contract;
  const overridden = (method: string): [string, string][] => OVERRIDE_HEADERS.map((name) => [name, method]);
  const form = [['Content-Type', 'application/x-www-form-urlencoded']] as const;
  const kinds = [
    { name: 'POST with headers for DELETE', method: 'POST', headers: overridden('DELETE') },
    { name: 'GET with headers for DELETE', method: 'GET', headers: overridden('DELETE') },
    { name: 'POST with _method=DELETE in the query', method: 'POST', query: '?_method=DELETE' },
    { name: 'POST with _method=DELETE in a form', method: 'POST', headers: form, body: '_method=DELETE' },
    { name: 'POST with headers for PUT', method: 'POST', headers: overridden('PUT'), body: changed(kit) },
    { name: 'POST with headers for PATCH', method: 'POST', headers: overridden('PATCH'), body: changed(kit) },
  ];
  const attempts = await Promise.all(
    kinds.map(async ({ name, query = '', ...request }) => {
      const victim = await kit.objects.create('tenant A', `object for ${name}`);
      const path = `${pathOfItem(resource.read, victim.id)}${query}`;
      const exchange = await kit.wire.send({ actor: 'tenant A', purpose: name, ...request, path });
      return { name, victim, exchange, after: await kit.objects.read('tenant A', victim.id, 'owner reads afterwards') };
    }),
  );
  const creation = await kit.objects.tryToCreate('tenant A', 'POST with headers for GET', { headers: overridden('GET') });
  return { attempts, creation };
}

/** A body that would change the object, were it a PUT or a PATCH. */
function changed({ contract: { resource } }: Kit): object {
  return { ...(resource.create.sample as object), [resource.textProperty]: newCanaryText() };
}
