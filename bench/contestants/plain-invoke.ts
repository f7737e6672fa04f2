import { createHash } from 'node:crypto';
import { BedrockAgentCoreClient, InvokeAgentRuntimeCommand } from '@aws-sdk/client-bedrock-agentcore';

/**
 * Asks the agent as AWS shows it: the SDK's client with its own settings, and the text of the event stream put together.
 * Nothing is done about an answer that breaks off, a busy session, or a silent agent.
 */
export function plainInvoke(agentRuntimeArn: string) {
  const client = new BedrockAgentCoreClient({});
  return async (threadId: string, message: { readonly id: string }, prompt: string): Promise<string> => {
    const session = createHash('sha256').update(threadId).digest('hex');
    const { response } = await client.send(
      new InvokeAgentRuntimeCommand({
        agentRuntimeArn,
        runtimeSessionId: session,
        runtimeUserId: 'bench',
        contentType: 'application/json',
        accept: 'text/event-stream',
        payload: Buffer.from(
          JSON.stringify({
            v: 1,
            mode: 'start',
            turnId: message.id,
            prompt,
            actor: { id: 'bench', name: '', groups: [] },
            session: { id: session },
          }),
        ),
      }),
    );
    const stream = (await response?.transformToString()) ?? '';
    return stream
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => JSON.parse(line.slice('data: '.length)) as { type: string; text?: string })
      .map((event) => (event.type === 'text' ? event.text : ''))
      .join('');
  };
}
