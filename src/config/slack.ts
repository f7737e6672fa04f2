import { type AllowList, allowList, NOBODY, pattern, type Reader, secureUrl } from './reader.ts';

export interface SlackConfig {
  readonly botToken: string;
  /** Undefined only where no web role runs. */
  readonly signingSecret: string | undefined;
  /** Ends with a slash. */
  readonly apiUrl: string;
}

/** Who may talk to the bot, and where it may link to. */
export interface AccessConfig {
  readonly slackTeams: AllowList;
  readonly channels: AllowList;
  readonly users: AllowList;
  readonly linkHosts: AllowList;
}

export function readSlack(reader: Reader, servesWeb: boolean): SlackConfig {
  const botToken = reader.required(
    'SLACK_BOT_TOKEN',
    pattern(/^xoxb-[!-~]+$/, 'is not a bot token (they start with xoxb-)'),
    'Slack app settings → OAuth & Permissions → Bot User OAuth Token',
  );
  const readSecret = servesWeb ? reader.required : reader.optional;
  const signingSecret = readSecret(
    'SLACK_SIGNING_SECRET',
    pattern(/^[!-~]+$/, 'must have no spaces'),
    'Slack app settings → Basic Information → App Credentials → Signing Secret',
  );
  const apiUrl = reader.withDefault(
    'SLACK_API_URL',
    secureUrl,
    'https://slack.com/api/',
    "Leave it out for Slack's own address, https://slack.com/api/",
  );
  return { botToken: botToken ?? '', signingSecret, apiUrl: apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/` };
}

export function readAccess(reader: Reader): AccessConfig {
  const list = (name: string, obtain: string) => reader.withDefault(name, allowList, NOBODY, obtain);
  return {
    slackTeams: list('ALLOWED_SLACK_TEAMS', 'Workspace ids (T…), comma-separated'),
    channels: list('ALLOWED_CHANNELS', 'Channel ids (C…, G…, D…), comma-separated'),
    users: list('ALLOWED_USERS', 'User ids (U…, W…), comma-separated'),
    linkHosts: list('ALLOWED_LINK_HOSTS', 'Host names, comma-separated'),
  };
}
