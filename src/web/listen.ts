import type { Server } from 'node:http';

/** Begins to listen. Answers why that is not possible, in the words of whoever sets HOST and PORT; undefined when all is well. */
export async function listen(server: Server, { host, port }: Address): Promise<string | undefined> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
    return undefined;
  } catch (error) {
    return explain(error as NodeJS.ErrnoException, { host, port });
  }
}

interface Address {
  readonly host: string;
  readonly port: number;
}

function explain({ code, message }: NodeJS.ErrnoException, { host, port }: Address): string {
  switch (code) {
    case 'EADDRINUSE':
      return `PORT: something else listens at ${host}:${port} already. End it, or give another PORT.`;
    case 'EACCES':
      return `PORT: this user may not listen at ${port}. Give a PORT from 1024 on.`;
    case 'EADDRNOTAVAIL':
      return `HOST: this machine has no address ${host}. Leave HOST out to listen on every interface.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `HOST: nobody knows the name ${host} (${code}). Leave HOST out to listen on every interface.`;
    default:
      return `HOST, PORT: it is not possible to listen at ${host}:${port} (${code ?? message}).`;
  }
}
