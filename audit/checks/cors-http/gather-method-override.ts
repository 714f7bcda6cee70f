import { pathOfItem } from '../../contract/operations.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { type Canary, newCanaryText, type Victim } from '../../gather/tenants.ts';

export type MethodOverrideEvidence = {
  /** The object of an attempt, which the overriding method would delete or change, and what its owner reads afterwards. */
  attempts: readonly { name: string; victim: Victim; exchange: Exchange; after: Exchange }[];
  /** A creation with an override for GET: it must create an object and not return the list. */
  creation: Canary;
};

const OVERRIDE_HEADERS = ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'];

export const methodOverrideEvidence: Evidence<MethodOverrideEvidence> = {
  name: 'method-override',
  requests: 35,
  area: 'cors-http',
  gather: gatherMethodOverride,
};

/** Requests with the owner's token on its own objects: the API must execute the method that is sent. */
export async function gatherMethodOverride(context: GatherContext): Promise<MethodOverrideEvidence> {
  const { resource } = context.contract;
  const overridden = (method: string): [string, string][] => OVERRIDE_HEADERS.map((name) => [name, method]);
  const form = [['Content-Type', 'application/x-www-form-urlencoded']] as const;
  const variants = [
    { name: 'POST with headers for DELETE', method: 'POST', headers: overridden('DELETE') },
    { name: 'GET with headers for DELETE', method: 'GET', headers: overridden('DELETE') },
    { name: 'POST with _method=DELETE in the query', method: 'POST', query: '?_method=DELETE' },
    { name: 'POST with _method=DELETE in a form', method: 'POST', headers: form, body: '_method=DELETE' },
    { name: 'POST with headers for PUT', method: 'POST', headers: overridden('PUT'), body: changed(context) },
    { name: 'POST with headers for PATCH', method: 'POST', headers: overridden('PATCH'), body: changed(context) },
  ];
  const attempts = await Promise.all(
    variants.map(async ({ name, query = '', ...request }) => {
      const victim = await context.objects.createVictim('tenant A', `object for ${name}`);
      const path = `${pathOfItem(resource.read, victim.id)}${query}`;
      const exchange = await context.http.send({ actor: 'tenant A', purpose: name, ...request, path });
      return { name, victim, exchange, after: await context.objects.read('tenant A', victim.id, 'the owner reads it afterwards') };
    }),
  );
  const creation = await context.objects.tryToCreate('tenant A', 'POST with headers for GET', { headers: overridden('GET') });
  return { attempts, creation };
}

/** A body with which a PUT or PATCH would change the object. */
function changed({ contract: { resource } }: GatherContext): object {
  return { ...(resource.create.sample as object), [resource.textProperty]: newCanaryText() };
}
