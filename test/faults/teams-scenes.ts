import { all, EVERYDAY_IN_TEAMS, one, type Scene, twice } from './scenes.ts';
import { type Disturbance, disturb, harm } from './steps.ts';

const DISTURBED: readonly Disturbance[] = [
  'teams says 429',
  'teams says 500',
  'teams loses answers',
  'teams is late',
  'teams ends streams',
  'teams is cut off',
  'deliveries repeat',
  'redis connections break',
  'redis stands still',
  'redis is killed',
  'redis is away',
  'rolling restart',
  'both workers die',
  'web dies',
  'agentcore breaks answers',
  'microVMs are lost',
  'people say stop',
];

const scenes: readonly Scene[] = [
  ...EVERYDAY_IN_TEAMS.map(({ name }) => one('kill', name)),
  ...all('late', 'before a message is sent to Teams', 'before more is streamed', 'before a stream is ended'),
  ...all('late', 'before an update', 'before the end is recorded'),
  ...all('stall', 'before a message is sent to Teams', 'before a stream is ended', 'before an update'),
  ...all(
    'cut',
    'delivered by Teams, not verified',
    'accepted from Teams, not acknowledged',
    'sent to Teams, not recorded',
    'before the post is recorded',
    'more was streamed',
    'stream ended',
    'updated',
    'mid-stream',
  ),
  ...all('freeze', 'before a message is sent to Teams', 'stream ended', 'updated', 'mid-stream'),
  ...all('outdate', 'before the post is recorded', 'before the end is recorded'),
  ...all('term', 'mid-stream', 'sent to Teams, not recorded', 'accepted from Teams, not acknowledged'),
  ...DISTURBED.map((disturbance): Scene => ({ steps: (dice) => [disturb(disturbance, dice)] })),
  twice('mid-stream', 'kill', 'before a stream is ended'),
  twice('sent to Teams, not recorded', 'cut', 'stream ended'),
  // The answer of Teams is lost, and its sender dies while it sends again.
  {
    steps: (dice) => [
      harm('cut', 'sent to Teams, not recorded', dice),
      harm('kill', 'before a message is sent to Teams', dice),
    ],
  },
  // A deployment that does not wait for the end of an answer: it is handed over in the middle of a stream.
  { steps: (dice) => [disturb('rolling restart', dice)], longAnswer: true, alone: true },
];

/** What is tried where people ask in Teams, or there and in Slack. */
export const TEAMS_SCENES: readonly Scene[] = scenes.map((scene) => ({ ...scene, platform: 'teams' }));
