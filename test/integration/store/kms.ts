import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Context = Record<string, string>;
interface Call {
  readonly operation: string;
  readonly body: { KeyId?: string; KeySpec?: string; EncryptionContext?: Context; CiphertextBlob?: string };
}

/**
 * GenerateDataKey and Decrypt of KMS, as the SDK speaks them (awsJson1.1), with KMS' own rules: a wrapped key opens under
 * the key that wrapped it and with the same encryption context only; whoever names another key is refused.
 */
export async function startKms(keys: Readonly<Record<string, readonly string[]>>) {
  const secrets = new Map(Object.keys(keys).map((arn) => [arn, randomBytes(32)]));
  const calls: Call[] = [];
  let fault: { status: number; type: string } | 'silence' | undefined;

  /** Key ARN, key id, alias or alias ARN. */
  const resolve = (name: string) =>
    Object.entries(keys).find(([arn, aliases]) =>
      [arn, arn.replace(/^.*key\//, ''), ...aliases].includes(name.replace(/^arn:.*:(?=alias\/)/, '')),
    )?.[0];

  const contextOf = (context: Context = {}) =>
    Buffer.from(JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))));

  function wrap(arn: string, plaintext: Buffer, context: Context | undefined): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', secrets.get(arn) ?? '', nonce);
    cipher.setAAD(contextOf(context));
    const name = Buffer.from(arn.padEnd(100));
    return Buffer.concat([
      name,
      nonce,
      cipher.update(plaintext),
      cipher.final(),
      cipher.getAuthTag(),
    ]).toString('base64');
  }

  function unwrap(blob: Buffer, keyId: string | undefined, context: Context | undefined): Buffer | string {
    const arn = blob.subarray(0, 100).toString().trim();
    const secret = secrets.get(arn);
    if (!secret) return 'InvalidCiphertextException';
    if (keyId !== undefined && resolve(keyId) !== arn) return 'IncorrectKeyException';
    const decipher = createDecipheriv('aes-256-gcm', secret, blob.subarray(100, 112));
    decipher.setAAD(contextOf(context));
    decipher.setAuthTag(blob.subarray(-16));
    try {
      return Buffer.concat([decipher.update(blob.subarray(112, -16)), decipher.final()]);
    } catch {
      return 'InvalidCiphertextException';
    }
  }

  function answerTo({ operation, body }: Call): object | string {
    const arn = body.KeyId === undefined ? undefined : resolve(body.KeyId);
    if (operation === 'GenerateDataKey') {
      if (!arn) return 'NotFoundException';
      const plaintext = randomBytes(body.KeySpec === 'AES_256' ? 32 : 16);
      const CiphertextBlob = wrap(arn, plaintext, body.EncryptionContext);
      return { KeyId: arn, Plaintext: plaintext.toString('base64'), CiphertextBlob };
    }
    const blob = Buffer.from(body.CiphertextBlob ?? '', 'base64');
    const opened = unwrap(blob, body.KeyId, body.EncryptionContext);
    return typeof opened === 'string' ? opened : { KeyId: arn, Plaintext: opened.toString('base64') };
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    if (!request.headers.authorization?.includes('/kms/aws4_request')) throw new Error('not signed for kms');
    const operation = String(request.headers['x-amz-target']).replace('TrentService.', '');
    const call = { operation, body: JSON.parse(text) as Call['body'] };
    calls.push(call);
    if (fault === 'silence') return;
    const answer = fault ? fault.type : answerTo(call);
    response.writeHead(typeof answer === 'string' ? (fault?.status ?? 400) : 200, {
      'content-type': 'application/x-amz-json-1.1',
    });
    response.end(JSON.stringify(typeof answer === 'string' ? { __type: answer, message: 'no' } : answer));
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: Error) => response.destroy(error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    /** How often an operation was called. */
    count: (operation: string) => calls.filter((call) => call.operation === operation).length,
    fail(how: { status: number; type: string } | 'silence' | undefined) {
      fault = how;
    },
    async close() {
      server.closeAllConnections();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
