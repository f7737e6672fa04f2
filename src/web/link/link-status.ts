import type { LinkPage, Problem } from './link-page.ts';

const STATUS: Readonly<Record<Problem, number>> = {
  ticket_unknown: 404,
  ticket_expired: 410,
  ticket_used: 410,
  other_browser: 403,
  state_unknown: 400,
  provider_refused: 403,
  code_refused: 400,
  token_invalid: 400,
  not_invited: 403,
  email_differs: 403,
  too_many_attempts: 429,
  unavailable: 503,
  already_confirmed: 409,
  bad_request: 400,
  other_account: 403,
  consent_unknown: 410,
};

/** The HTTP status that a page goes out with. */
export function linkStatus(page: LinkPage): number {
  return page.kind === 'problem' ? STATUS[page.code] : 200;
}
