import { STYLE_HASH } from './style.ts';

/**
 * No script, no request to anywhere but the form's own target, in nobody's frame. Browsers apply `form-action` to
 * redirects after a form as well: `POST /link/confirm` answers with a page and does not redirect.
 */
export const LINK_CSP = [
  "default-src 'none'",
  `style-src '${STYLE_HASH}'`,
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

const UNUSED_FEATURES = [
  'accelerometer',
  'autoplay',
  'camera',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'geolocation',
  'gyroscope',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'picture-in-picture',
  'publickey-credentials-get',
  'screen-wake-lock',
  'usb',
  'xr-spatial-tracking',
];

const TWO_YEARS_S = 63_072_000;

/**
 * The headers of every answer under `/link/`, errors and redirects too. `https`: people reach us that way, so browsers
 * shall never try without.
 *
 * With `no-referrer` a browser sends `Origin: null` with the page's own form; `Sec-Fetch-Site` still says where it
 * came from.
 */
export function linkHeaders({ https }: { readonly https: boolean }): Readonly<Record<string, string>> {
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': LINK_CSP,
    // Addresses and pages hold one-use secrets and names.
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Permissions-Policy': UNUSED_FEATURES.map((feature) => `${feature}=()`).join(', '),
    ...(https ? { 'Strict-Transport-Security': `max-age=${TWO_YEARS_S}` } : {}),
  };
}
