import net from 'node:net';
import tls, { type SecureVersion } from 'node:tls';
import type { Inspection } from '../../model/exchange.ts';
import { privatePath } from '../../contract/operations.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { keyHashOf } from '../../gather/browser/origin-server.ts';
import { bare, tlsAddressOf } from '../../gather/http-client.ts';
import { recordInspection } from '../../gather/ledger.ts';

const TIMEOUT_MS = 8_000;
/** OpenSSL cipher strings by weakness. */
const WEAK_SUITES = {
  'no forward secrecy': 'kRSA',
  'no encryption': 'eNULL',
  'no authentication': 'aNULL',
  'a broken cipher': 'RC4:3DES:DES:IDEA:SEED',
};

export type Handshake = { version: SecureVersion; accepted: boolean; protocol?: string; error?: string };

/** `tried` is false where the local OpenSSL no longer has any of the suites. */
export type WeakHandshake = { weakness: string; tried: boolean; accepted: boolean; suite?: string; error?: string };

type Certificate = {
  authorized: boolean;
  problem?: string;
  validTo?: string;
  /** Base64 SHA-256 of the public key of the target. */
  keyHash?: string;
};

export type TransportEvidence = Certificate & {
  inspection: Inspection;
  host: string;
  handshakes: readonly Handshake[];
  /** TLS 1.2 handshakes that offer only weak cipher suites. */
  weak: readonly WeakHandshake[];
  /** The first bytes of the response to a plain HTTP request with a dummy bearer token, or why there was none. */
  plainHttp: { port: number; response?: string; error?: string };
};

export const transportEvidence: Evidence<TransportEvidence> = { name: 'transport', area: 'transport', gather: gatherTransport };

export async function gatherTransport(context: GatherContext): Promise<TransportEvidence> {
  const { hostname, port } = new URL(context.target.apiUrl);
  const at = Date.now();
  const options = tlsAddressOf(context.target.apiUrl, context.target.ca);
  const [certificate, plainHttp, ...handshakes] = await Promise.all([
    readCertificate(options),
    requestPlainHttp(bare(hostname), Number(port || 80), privatePath(context.contract) ?? '/'),
    ...(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const).map((version) => attemptHandshake(options, version)),
  ]);
  const weak = await Promise.all(Object.entries(WEAK_SUITES).map(([weakness, suites]) => offerWeakSuites(options, weakness, suites)));
  const subject = `TLS handshakes with the target: ${handshakes.map(({ version, accepted }) => `${version} ${accepted ? 'accepted' : 'rejected'}`).join(', ')}`;
  const inspection = recordInspection(context, subject, at);
  return { inspection, host: hostname, ...certificate, handshakes, weak, plainHttp };
}

/** The certificate of a TLS server, and whether these options trust it. */
export function readCertificate(options: tls.ConnectionOptions): Promise<Certificate> {
  return connectTls<Certificate>(
    options,
    (socket) => {
      const certificate = socket.getPeerCertificate();
      return {
        authorized: socket.authorized,
        ...(!socket.authorized && { problem: String(socket.authorizationError) }),
        validTo: new Date(certificate.valid_to).toISOString(),
        keyHash: keyHashOf(certificate.raw),
      };
    },
    (error) => ({ authorized: false, problem: error }),
  );
}

function attemptHandshake(options: tls.ConnectionOptions, version: SecureVersion): Promise<Handshake> {
  return connectTls<Handshake>(
    // Above security level 0 the local OpenSSL rejects old versions, which would look like a rejection by the target.
    { ...options, minVersion: version, maxVersion: version, ciphers: 'DEFAULT:@SECLEVEL=0' },
    (socket) => {
      const protocol = socket.getProtocol() ?? undefined;
      return { version, accepted: true, ...(protocol !== undefined && { protocol }) };
    },
    (error) => ({ version, accepted: false, error }),
  );
}

async function offerWeakSuites(options: tls.ConnectionOptions, weakness: string, suites: string): Promise<WeakHandshake> {
  try {
    return await connectTls<WeakHandshake>(
      { ...options, maxVersion: 'TLSv1.2', ciphers: `${suites}:@SECLEVEL=0` },
      (socket) => ({ weakness, tried: true, accepted: true, suite: socket.getCipher().name }),
      (error) => ({ weakness, tried: true, accepted: false, error }),
    );
  } catch (error) {
    return { weakness, tried: false, accepted: false, error: error instanceof Error ? error.message : 'no reason given' };
  }
}

/**
 * What `read` finds in one TLS connection, whatever its certificate, or what `fail` makes of an error.
 * @throws {Error} where the local OpenSSL does not support the options
 */
function connectTls<T>(options: tls.ConnectionOptions, read: (socket: tls.TLSSocket) => T, fail: (error: string) => T): Promise<T> {
  return new Promise((resolve) => {
    const socket = tls.connect({ ...options, timeout: TIMEOUT_MS, rejectUnauthorized: false }, () => {
      const found = read(socket);
      socket.destroy();
      resolve(found);
    });
    onFailure(socket, (error) => resolve(fail(error)));
  });
}

function requestPlainHttp(host: string, port: number, path: string): Promise<TransportEvidence['plainHttp']> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: TIMEOUT_MS }, () => {
      socket.write(
        // An invalid body: an API that processes the request cannot create anything.
        `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer dummy\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{"`,
      );
    });
    let response = '';
    socket.on('data', (chunk: Buffer) => (response += chunk.toString('latin1').slice(0, 2_000)));
    socket.on('close', () => resolve({ port, ...(response === '' ? { error: 'closed without a response' } : { response }) }));
    onFailure(socket, (error) => resolve({ port, error }));
  });
}

function onFailure(socket: net.Socket, report: (error: string) => void): void {
  socket.on('timeout', () => socket.destroy(new Error(`no response within ${TIMEOUT_MS / 1_000} s`)));
  socket.on('error', (error) => report('code' in error && typeof error.code === 'string' ? error.code : error.message));
}
