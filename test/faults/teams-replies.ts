import { canariesIn } from '../../bench/exactness.ts';
import type { Message } from '../../local/teams/model.ts';
import type { ReplySeen } from './judge.ts';
import { turnsNamedIn } from './replies.ts';

/** What stands below the agent's words begins behind this line. */
const BELOW = '\n\n---\n\n';
const STEPS = /^[○…✓✗] /;

/** The question that a message of the bot in Teams answers; undefined when nothing in it tells. */
export function questionInTeams(
  { text, activity }: Message,
  canaryOfTurn: ReadonlyMap<string, string>,
): string | undefined {
  return canariesIn(text)[0] ?? canaryOfTurn.get(turnsNamedIn(JSON.stringify(activity))[0] ?? '');
}

export function asSeenInTeams({ id, text, streaming }: Message): ReplySeen {
  const [first = '', ...rest] = text.split(BELOW);
  const hasWords = rest.length > 0 || canariesIn(first).length > 0;
  const below = hasWords ? rest : streaming ? [] : [first];
  return {
    ts: id,
    text: hasWords ? first : '',
    notices: below.flatMap((part) => part.split('\n\n')).filter((part) => !STEPS.test(part)),
    streaming,
  };
}
