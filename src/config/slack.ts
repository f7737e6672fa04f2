import {
  type AllowList,
  hostList,
  idList,
  NOBODY,
  oneOf,
  pattern,
  type Reader,
  secureUrl,
} from './reader.ts';
import { readTeamsTenants } from './teams.ts';

export interface SlackConfig {
  readonly botToken: string;
  /** Undefined where no web role runs, or where it uses Socket Mode. */
  readonly signingSecret: string | undefined;
  /** Set: events come over Socket Mode, and `POST /slack/events` is closed. */
  readonly appToken: string | undefined;
  /** Where a message without a mention counts as a question. */
  readonly followUps: 'thread' | 'mention';
  /** Ends with a slash. */
  readonly apiUrl: string;
}

/** Who may talk to the bot, and where it may link to. */
export interface AccessConfig {
  readonly slackTeams: AllowList;
  /** Microsoft tenants. */
  readonly teamsTenants: AllowList;
  readonly channels: AllowList;
  readonly users: AllowList;
  readonly linkHosts: AllowList;
  /** Guests of a workspace may ask. */
  readonly guests: boolean;
  /** People of other companies in shared channels may ask. */
  readonly externals: boolean;
}

/** Undefined where another platform is set up (`optional`) and nothing is said of Slack. */
export function readSlack(reader: Reader, servesWeb: boolean, optional: boolean): SlackConfig | undefined {
  const said = ['SLACK_BOT_TOKEN', 'SLACK_SIGNING_SECRET', 'SLACK_APP_TOKEN'].some(reader.given);
  const needed = said || !optional;
  const botToken = (needed ? reader.required : reader.optional)(
    'SLACK_BOT_TOKEN',
    pattern(/^xoxb-[!-~]+$/, 'is not a bot token (they start with xoxb-)'),
    'Slack app settings → OAuth & Permissions → Bot User OAuth Token',
  );
  const appToken = reader.optional(
    'SLACK_APP_TOKEN',
    pattern(/^xapp-[!-~]+$/, 'is not an app-level token (they start with xapp-)'),
    'Slack app settings → Basic Information → App-Level Tokens, with the scope connections:write; leave it out to receive events over HTTP',
  );
  const readSecret = needed && servesWeb && appToken === undefined ? reader.required : reader.optional;
  const signingSecret = readSecret(
    'SLACK_SIGNING_SECRET',
    pattern(/^[!-~]+$/, 'must have no spaces'),
    'Slack app settings → Basic Information → App Credentials → Signing Secret (or use Socket Mode: SLACK_APP_TOKEN)',
  );
  const apiUrl = reader.withDefault(
    'SLACK_API_URL',
    secureUrl,
    'https://slack.com/api/',
    "Leave it out for Slack's own address, https://slack.com/api/",
  );
  const followUps = reader.withDefault(
    'SLACK_FOLLOW_UPS',
    oneOf('thread', 'mention'),
    'thread',
    'thread to answer without a mention in threads where the bot takes part, mention to answer only when it is named',
  );
  if (!needed) return undefined;
  return {
    botToken: botToken ?? '',
    signingSecret,
    appToken,
    followUps,
    apiUrl: apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/`,
  };
}

export function readAccess(reader: Reader): AccessConfig {
  const list = (name: string, obtain: string) => reader.withDefault(name, idList, NOBODY, obtain);
  const yes = (name: string, who: string) =>
    reader.withDefault(name, oneOf('no', 'yes'), 'no', `${who} may ask: yes or no; leave it out for no`) ===
    'yes';
  return {
    slackTeams: list('ALLOWED_SLACK_TEAMS', 'Workspace ids (T…), comma-separated'),
    teamsTenants: readTeamsTenants(reader),
    channels: list('ALLOWED_CHANNELS', 'Channel ids (C…, G…, D…; 19:… in Teams), comma-separated'),
    users: list('ALLOWED_USERS', 'User ids (U…, W…; Entra object ids in Teams), comma-separated'),
    linkHosts: reader.withDefault(
      'ALLOWED_LINK_HOSTS',
      hostList,
      NOBODY,
      'Hosts that answers may link to, like docs.example.com or *.example.com',
    ),
    guests: yes('ALLOW_GUESTS', 'Guests of a workspace'),
    externals: yes('ALLOW_EXTERNALS', 'People of other companies in shared channels'),
  };
}
