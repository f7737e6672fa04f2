const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Whether our token may be sent there. Decided before a token is asked for, on the address as the call will use it: a
 * listed host (with its port, where the list names one), over https; http on this machine only. Pure.
 */
export function isAllowedServiceUrl(
  serviceUrl: string,
  hosts: ReadonlySet<string>,
  loopbackToo: boolean,
): boolean {
  if (!URL.canParse(serviceUrl)) return false;
  const url = new URL(serviceUrl);
  if (url.username !== '' || url.password !== '' || /[?#]/.test(serviceUrl)) return false;
  const here = LOOPBACK.has(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && here)) return false;
  return hosts.has(url.host) || hosts.has(url.hostname) || (here && loopbackToo);
}
