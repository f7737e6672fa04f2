import type { IncomingMessage } from 'node:http';
import type { Allowlist } from '../chat/admission.ts';
import { type TeamsActivity, tenantOf } from './activity.ts';
import { isAllowedServiceUrl } from './service-url.ts';
import type { TokenGate, Vouched } from './token-gate.ts';

/** The one channel whose activities are taken. */
const CHANNEL = 'msteams';

export interface AuthenticationDeps {
  /** Undefined without an app id: then only what comes from this machine is taken. */
  readonly gate: TokenGate | undefined;
  readonly allowUnauthenticatedLoopback: boolean;
  readonly serviceUrlHosts: ReadonlySet<string>;
  readonly tenants: Allowlist;
}

/** Why an activity is not let in. */
export type Refusal =
  | 'token_refused'
  | 'no_channel'
  | 'other_channel'
  | 'no_service_url'
  | 'foreign_service_url'
  | 'other_service_url'
  | 'not_endorsed'
  | 'tenant_not_allowed';

export type Sent = Pick<IncomingMessage, 'headers' | 'socket'>;

/**
 * Who may hand in activities. `sender` judges the request, before anything in it is read; `activity` what it carries,
 * which decides where our own tokens go.
 */
export function createAuthentication(deps: AuthenticationDeps) {
  return {
    /** Throws KeysUnavailable when the token cannot be judged. */
    async sender(request: Sent): Promise<Vouched | 'this_machine' | undefined> {
      const { authorization } = request.headers;
      if (authorization === undefined && deps.allowUnauthenticatedLoopback && isFromHere(request))
        return 'this_machine';
      return deps.gate?.judge(authorization);
    },

    /** Undefined: let in. */
    activity(activity: TeamsActivity, sender: Vouched | 'this_machine'): Refusal | undefined {
      const { channelId, serviceUrl } = activity;
      if (channelId.trim() === '') return 'no_channel';
      if (channelId !== CHANNEL) return 'other_channel';
      if (serviceUrl.trim() === '') return 'no_service_url';
      if (!isAllowedServiceUrl(serviceUrl, deps.serviceUrlHosts, sender === 'this_machine'))
        return 'foreign_service_url';
      if (sender !== 'this_machine') {
        if (sender.serviceUrl !== serviceUrl) return 'other_service_url';
        if (sender.endorsements && !sender.endorsements.includes(CHANNEL)) return 'not_endorsed';
      }
      const tenant = tenantOf(activity);
      if (tenant === undefined || !(deps.tenants.any || deps.tenants.ids.has(tenant)))
        return 'tenant_not_allowed';
      return undefined;
    },
  };
}

const LOCAL_ADDRESS = /^(?:::1|(?:::ffff:)?127(?:\.\d{1,3}){3})$/;
const LOCAL_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i;

/**
 * From a program on this machine: not through a proxy or a tunnel, which connect from here as well, and not from a page
 * in a browser, which may try any address.
 */
function isFromHere({ headers, socket }: Sent): boolean {
  const forwarded = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'via'].some(
    (name) => name in headers,
  );
  return (
    LOCAL_ADDRESS.test(socket.remoteAddress ?? '') &&
    LOCAL_HOST.test(headers.host ?? '') &&
    !forwarded &&
    headers.origin === undefined &&
    /^application\/json\b/i.test(headers['content-type'] ?? '')
  );
}
