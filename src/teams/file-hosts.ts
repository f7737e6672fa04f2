const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Whether a file may be fetched from there, or put there: a listed host, over https; http on this machine only, where
 * that is listed with its port. `*.example.com` lists what stands below example.com. Pure.
 */
export function isFileHost(address: string, hosts: ReadonlySet<string>): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  if (url.username !== '' || url.password !== '') return false;
  if (url.protocol === 'http:') return LOOPBACK.has(url.hostname) && hosts.has(url.host);
  // Files are at the usual port, unless the list says otherwise.
  if (url.protocol !== 'https:') return false;
  if (hosts.has(url.host)) return true;
  if (url.port !== '') return false;
  const labels = url.hostname.split('.');
  return labels.some((_label, i) => i > 0 && hosts.has(`*.${labels.slice(i).join('.')}`));
}
