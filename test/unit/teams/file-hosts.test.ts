import { expect, it } from 'vitest';
import { isFileHost } from '../../../src/teams/file-hosts.ts';

const HOSTS = new Set(['*.sharepoint.com', 'files.example.com:8443', '127.0.0.1:4000']);

it.each([
  'https://contoso-my.sharepoint.com/personal/x?tempauth=1',
  'https://a.b.sharepoint.com/',
  'https://files.example.com:8443/x',
  'http://127.0.0.1:4000/x',
])('files may be at %s', (url) => {
  expect(isFileHost(url, HOSTS)).toBe(true);
});

it.each([
  'http://contoso.sharepoint.com/x',
  'https://sharepoint.com/',
  'https://evilsharepoint.com/',
  'https://contoso.sharepoint.com.evil.example/',
  'https://contoso.sharepoint.com:8443/',
  'https://user:pass@contoso.sharepoint.com/',
  'https://evil.example/?x=.sharepoint.com',
  'https://evil.example#.sharepoint.com',
  'https://10.0.0.1/',
  'http://169.254.169.254/latest/meta-data/',
  'http://[::ffff:169.254.169.254]/',
  'https://localhost/',
  'http://127.0.0.1:6379/',
  'http://0x7f000001:4001/',
  'file:///etc/passwd',
  'https://files.example.com/',
  'not an address',
])('but not at %s', (url) => {
  expect(isFileHost(url, HOSTS)).toBe(false);
});
