import type { Stack } from './stack.ts';
import type { DisturbanceStep } from './steps.ts';
import type { Talk } from './talk.ts';

/** Kills a process and notes what it was at work on. */
export type Kill = (member: Stack['members'][number]) => unknown;

const INVOKE = { operation: 'InvokeAgentRuntime' } as const;
const CALLS = 8;

/** Makes one thing happen to the surroundings of the processes. Resolves when it is over. */
export async function disturb(
  stack: Stack,
  talk: Pick<Talk, 'sayStop'>,
  { disturbance, ms }: DisturbanceStep,
  kill: Kill,
): Promise<void> {
  const { slack, teams, aws } = stack;
  switch (disturbance) {
    case 'redis connections break':
      for (const link of stack.redisLinks) link.cut();
      return;
    case 'redis stands still':
    case 'redis stands still for long':
      return standStill(stack, ms);
    case 'redis is killed':
      return stack.restartRedis(0);
    case 'redis is away':
      return stack.restartRedis(ms);
    case 'rolling restart':
      return rollingRestart(stack);
    case 'rolling restart while redis stands still':
      await Promise.all([standStill(stack, ms), rollingRestart(stack)]);
      return;
    case 'both workers die':
      for (const worker of stack.workers) kill(worker);
      return;
    case 'web dies':
      kill(stack.web);
      return;
    case 'slack says 429':
      slack.faults.add({ method: '*', kind: 'status', status: 429, retryAfter: 1, times: CALLS * 2 });
      return;
    case 'slack says 500':
      slack.faults.add({ method: '*', kind: 'status', status: 500, times: CALLS });
      slack.faults.add({ method: '*', kind: 'status', status: 502, commit: true, times: CALLS });
      return;
    case 'slack loses answers':
      slack.faults.add({ method: '*', kind: 'drop_answer', times: CALLS });
      slack.faults.add({ method: '*', kind: 'refuse', times: CALLS / 2 });
      return;
    case 'streams end early':
      slack.faults.add({ kind: 'end_stream', afterMs: ms / 4, times: CALLS / 2 });
      slack.faults.add({ kind: 'end_stream', afterAppends: 1, times: CALLS });
      return;
    case 'teams says 429':
      teams.faults.add({ method: '*', kind: 'status', status: 429, retryAfter: 1, times: CALLS * 2 });
      return;
    case 'teams says 500':
      teams.faults.add({ method: '*', kind: 'status', status: 500, times: CALLS });
      teams.faults.add({ method: '*', kind: 'status', status: 502, commit: true, times: CALLS });
      return;
    case 'teams loses answers':
      teams.faults.add({ method: '*', kind: 'drop_answer', times: CALLS });
      teams.faults.add({ method: '*', kind: 'refuse', times: CALLS / 2 });
      return;
    case 'teams is late':
      teams.faults.add({ method: 'update', kind: 'commit_late', ms: ms % 4_400, times: CALLS / 2 });
      teams.faults.add({ method: 'send', kind: 'commit_late', ms: ms % 4_400, times: CALLS / 2 });
      return;
    case 'teams ends streams':
      return teams.endStreams();
    case 'teams is cut off':
      return stack.teamsLink.cut();
    case 'deliveries repeat':
      teams.faults.add({ method: 'delivery', kind: 'duplicate', times: CALLS });
      teams.faults.add({ method: 'delivery', kind: 'lose_ack', times: CALLS });
      slack.faults.add({ kind: 'duplicate_event', times: CALLS });
      slack.faults.add({ kind: 'lose_ack', times: CALLS });
      return;
    case 'agentcore throttles':
      aws.faults.push({ ...INVOKE, kind: 'error', name: 'ThrottlingException', times: CALLS / 2 });
      return;
    case 'agentcore breaks answers':
      aws.faults.push(
        { ...INVOKE, kind: 'cut_after_bytes', bytes: ms % 700, times: CALLS / 2 },
        { ...INVOKE, kind: 'drop_answer', times: 1 },
        { ...INVOKE, kind: 'drop_before', times: 2 },
      );
      return;
    case 'agentcore is cut off':
      for (const { links } of stack.workers) links[2]?.cut();
      return;
    case 'microVMs are lost':
      stack.agent.loseEverything();
      return;
    case 'people say stop':
      return talk.sayStop();
    case 'intake is paused':
      await stack.operate('turns', 'pause');
      await pause(ms);
      return stack.operate('turns', 'resume');
    default:
      return disturbance satisfies never;
  }
}

async function standStill(stack: Stack, ms: number): Promise<void> {
  const resume = stack.redisLinks.map((link) => link.stall());
  await pause(ms);
  for (const go of resume) go();
}

async function rollingRestart(stack: Stack): Promise<void> {
  for (const member of stack.members) {
    member.terminate();
    await member.ready();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
