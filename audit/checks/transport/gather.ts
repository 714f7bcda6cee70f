import net from 'node:net';
import tls, { type SecureVersion } from 'node:tls';
import type { Inspection } from '../../model/exchange.ts';
import type { GatherContext } from '../../gather/context.ts';
import type { Evidence } from '../../gather/context.ts';
import { keyHashOf } from '../../gather/browser/origin-server.ts';
import { bare, nameFor } from '../../gather/http-client.ts';

const TIMEOUT_MS = 8_000;
/** By weakness: OpenSSL's names of the suites that have it. */
const WEAK_SUITES = {
  'no forward secrecy': 'kRSA',
  'no encryption': 'eNULL',
  'no authentication': 'aNULL',
  'a broken cipher': 'RC4:3DES:DES:IDEA:SEED',
};

export type Handshake = { version: SecureVersion; accepted: boolean; protocol?: string; error?: string };

/** `tried` is false where this machine's OpenSSL has none of the suites any more. */
export type WeakHandshake = { weakness: string; tried: boolean; accepted: boolean; suite?: string; error?: string };

export type TransportEvidence = {
  inspection: Inspection;
  host: string;
  authorized: boolean;
  problem?: string;
  validTo?: string;
  /** Base64 SHA-256 of the key the target presented. */
  keyHash?: string;
  handshakes: readonly Handshake[];
  /** TLS 1.2 with nothing but weak cipher suites on offer. */
  weak: readonly WeakHandshake[];
  /** First bytes of the answer to a plain-http request with a dummy bearer, or the reason why there was none. */
  plainHttp: { port: number; response?: string; error?: string };
};

export const transportEvidence: Evidence<TransportEvidence> = { name: 'transport', area: 'transport', gather: gatherTransport };

export async function gatherTransport(context: GatherContext): Promise<TransportEvidence> {
  const { hostname, port } = new URL(context.target.apiUrl);
  const at = Date.now();
  const options = {
    host: bare(hostname),
    port: Number(port || 443),
    ...nameFor(hostname),
    ...(context.target.ca !== undefined && { ca: context.target.ca }),
  };
  const [certificate, plainHttp, ...handshakes] = await Promise.all([
    readCertificate(options),
    askPlainHttp(bare(hostname), Number(port || 80), context.contract.resource.create.path),
    ...(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const).map((version) => shakeHands(options, version)),
  ]);
  const weak = await Promise.all(Object.entries(WEAK_SUITES).map(([weakness, suites]) => offerWeak(options, weakness, suites)));
  const subject = `TLS handshakes with the target: ${handshakes.map(({ version, accepted }) => `${version} ${accepted ? 'accepted' : 'refused'}`).join(', ')}`;
  const inspection = context.ledger.inspection({ evidence: context.evidenceName(), subject, at, ms: Date.now() - at });
  return { inspection, host: hostname, ...certificate, handshakes, weak, plainHttp };
}

/** What a TLS server presents, and whether it is trusted with these options. */
export function readCertificate(
  options: tls.ConnectionOptions,
): Promise<{ authorized: boolean; problem?: string; validTo?: string; keyHash?: string }> {
  return new Promise((resolve) => {
    const socket = tls.connect({ ...options, timeout: TIMEOUT_MS, rejectUnauthorized: false }, () => {
      const certificate = socket.getPeerCertificate();
      const { authorized, authorizationError } = socket;
      const problem = authorized ? undefined : String(authorizationError);
      socket.destroy();
      resolve({
        authorized,
        ...(problem !== undefined && { problem }),
        validTo: new Date(certificate.valid_to).toISOString(),
        keyHash: keyHashOf(certificate.raw),
      });
    });
    onFailure(socket, (error) => resolve({ authorized: false, problem: error }));
  });
}

function shakeHands(options: tls.ConnectionOptions, version: SecureVersion): Promise<Handshake> {
  return new Promise((resolve) => {
    // Without security level 0 OpenSSL refuses old versions itself, and the target would get the credit.
    const socket = tls.connect(
      { ...options, timeout: TIMEOUT_MS, rejectUnauthorized: false, minVersion: version, maxVersion: version, ciphers: 'DEFAULT:@SECLEVEL=0' },
      () => {
        const protocol = socket.getProtocol() ?? undefined;
        socket.destroy();
        resolve({ version, accepted: true, ...(protocol !== undefined && { protocol }) });
      },
    );
    onFailure(socket, (error) => resolve({ version, accepted: false, error }));
  });
}

function offerWeak(options: tls.ConnectionOptions, weakness: string, suites: string): Promise<WeakHandshake> {
  return new Promise((resolve) => {
    const offer = { ...options, timeout: TIMEOUT_MS, rejectUnauthorized: false, maxVersion: 'TLSv1.2', ciphers: `${suites}:@SECLEVEL=0` } as const;
    try {
      const socket = tls.connect(offer, () => {
        const { name } = socket.getCipher();
        socket.destroy();
        resolve({ weakness, tried: true, accepted: true, suite: name });
      });
      onFailure(socket, (error) => resolve({ weakness, tried: true, accepted: false, error }));
    } catch (error) {
      resolve({ weakness, tried: false, accepted: false, error: error instanceof Error ? error.message : 'no reason given' });
    }
  });
}

function askPlainHttp(host: string, port: number, path: string): Promise<TransportEvidence['plainHttp']> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: TIMEOUT_MS }, () => {
      socket.write(
        // Never a valid body: an API that processes it cannot create anything.
        `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer dummy\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{"`,
      );
    });
    let response = '';
    socket.on('data', (chunk: Buffer) => (response += chunk.toString('latin1').slice(0, 2_000)));
    socket.on('close', () => resolve({ port, ...(response === '' ? { error: 'closed without an answer' } : { response }) }));
    onFailure(socket, (error) => resolve({ port, error }));
  });
}

function onFailure(socket: net.Socket, report: (error: string) => void): void {
  socket.on('timeout', () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS / 1_000} s`)));
  socket.on('error', (error) => report('code' in error && typeof error.code === 'string' ? error.code : error.message));
}
