import type { BrowserExchange, Inspection } from '../../model/exchange.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { readCertificate } from '../transport/gather.ts';
import { tlsAddressOf } from '../../gather/http-client.ts';
import { recordInspection } from '../../gather/ledger.ts';

export type AppPageEvidence = {
  inspection: Inspection;
  /** Why the page could not be opened. */
  problem?: string;
  status?: number;
  /** A simple and a preflighted request by the page's own script. */
  fetches: readonly BrowserExchange[];
  /** Files that the page loaded, and the names of the secrets that they contain. */
  scripts: readonly { url: string; bytes: number; leaked: readonly string[] }[];
};

export const appPageEvidence: Evidence<AppPageEvidence> = { name: 'app-page', area: 'cors-browser', gather: gatherAppPage };

/** Opens the app's page at its own address. Vercel's bypass secret is sent with the navigation only. */
async function gatherAppPage(context: GatherContext): Promise<AppPageEvidence> {
  const at = Date.now();
  const { appOrigin, apiUrl, appPage, ca } = context.target;
  const { bypass, servedAt } = appPage ?? {};
  const certificate = await readCertificate(tlsAddressOf(servedAt ?? appOrigin, ca));
  const trusted = ca !== undefined && certificate.authorized && certificate.keyHash !== undefined ? [certificate.keyHash] : [];
  const browser = await context.liveBrowser(trusted);
  const complete = (rest: Omit<AppPageEvidence, 'inspection'>): AppPageEvidence => ({
    inspection: recordInspection(context, `the live page at ${appOrigin}`, at),
    ...rest,
  });
  try {
    const { health, resource } = context.contract;
    // https://vercel.com/docs/deployment-protection/methods-to-bypass-deployment-protection/protection-bypass-automation
    const query = bypass === undefined ? '' : `?x-vercel-protection-bypass=${encodeURIComponent(bypass)}&x-vercel-set-bypass-cookie=true`;
    const { status, fetches, scripts } = await browser.visit(`${appOrigin}/${query}`, appOrigin, [
      ...(health === undefined
        ? []
        : [{ actor: 'anonymous' as const, purpose: 'simple GET by the live page', method: 'GET', url: `${apiUrl}${health.path}` }]),
      { actor: 'tenant A', purpose: 'preflighted GET by the live page', method: 'GET', url: `${apiUrl}${resource.list.path}` },
    ]);
    const files = scripts.map(({ url, text }) => ({ url, bytes: Buffer.byteLength(text), leaked: context.redactor.find(text) }));
    return complete({ status, fetches, scripts: files });
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'no reason given';
    return complete({ problem: context.redactor.redact(reason), fetches: [], scripts: [] });
  } finally {
    await browser.close();
  }
}
