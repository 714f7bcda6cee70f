import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generate } from 'selfsigned';

/** For a TLS server, and for the clients that must trust it. */
export type Certificates = {
  /** PEM: the private key of the server. */
  readonly key: string;
  /** PEM: the server's certificate, then the authority's. */
  readonly chain: string;
  /** A PEM file with the authority's certificate. */
  readonly authorityFile: string;
};

const HOUR_MS = 3_600_000;
const VALIDITY_MS = 30 * 24 * HOUR_MS;

/**
 * Creates a certificate for localhost and the authority that signs it. The authority's key is discarded, so a client that trusts
 * the authority trusts only this certificate.
 * @param directory receives the authority's certificate
 * @param server overrides the name, remaining validity and key type of the server's certificate
 */
export async function createCertificates(
  directory: string,
  { host = 'localhost', validForMs = VALIDITY_MS, rsa = false }: { host?: string; validForMs?: number; rsa?: boolean } = {},
): Promise<Certificates> {
  // In the past: the clocks of server and client may differ, and an expired certificate must have been valid once.
  const notBeforeDate = new Date(Date.now() - HOUR_MS);
  const notAfterDate = new Date(Date.now() + VALIDITY_MS);
  const key = rsa ? ({ keyType: 'rsa', keySize: 2_048 } as const) : ({ keyType: 'ec', curve: 'P-256' } as const);
  const common = { ...key, algorithm: 'sha256', notBeforeDate, notAfterDate } as const;

  const authority = await generate([{ name: 'commonName', value: 'Rehearsal authority' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const server = await generate([{ name: 'commonName', value: host }], {
    ...common,
    notAfterDate: new Date(Date.now() + validForMs),
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyEncipherment: rsa, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: host },
          ...(host === 'localhost'
            ? ([
                { type: 7, ip: '127.0.0.1' },
                { type: 7, ip: '::1' },
              ] as const)
            : []),
        ],
      },
    ],
  });

  const authorityFile = path.join(directory, 'authority.pem');
  await writeFile(authorityFile, `${authority.cert.trim()}\n`);
  return { key: server.private, chain: `${server.cert.trim()}\n${authority.cert.trim()}\n`, authorityFile };
}
