import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { connect, type ConnectionOptions } from 'node:tls';
import { createTemporaryDirectory } from '../../process/temporary-directory.ts';
import { createCertificates } from './certificates.ts';
import { startEdge } from './edge.ts';

test('only clients with the authority trust the edge, for localhost and both loopback addresses', async (context) => {
  const temporary = await createTemporaryDirectory();
  context.after(() => temporary.remove());
  const certificates = await createCertificates(temporary.directory);
  const ca = await readFile(certificates.authorityFile, 'utf8');
  // No request is sent, so no service is needed.
  const edge = await startEdge({ key: certificates.key, chain: certificates.chain, servicePort: 1 });
  context.after(() => edge.close());

  const handshake = async (options: ConnectionOptions): Promise<void> => {
    const socket = connect({ host: '127.0.0.1', port: edge.port, ca, ...options });
    await once(socket, 'secureConnect').finally(() => socket.destroy());
  };
  await handshake({ servername: 'localhost' });
  await handshake({});
  assert.equal(new X509Certificate(certificates.chain).checkIP('::1'), '::1');
  await assert.rejects(handshake({ servername: 'localhost', ca: undefined }), { code: 'SELF_SIGNED_CERT_IN_CHAIN' });
  await assert.rejects(handshake({ servername: 'example.test' }), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  await assert.rejects(handshake({ servername: 'localhost', minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }), {
    code: /PROTOCOL_VERSION|NO_PROTOCOLS|ALERT/,
  });
});
