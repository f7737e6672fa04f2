import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../setup/eventually.ts';
import { linkUp } from './linking.ts';
import { type Stack, startStack } from './stack.ts';

describe('the App Home of somebody whom nobody knows yet', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ identity: {} });
  });
  afterAll(() => stack?.close());

  const carol = () => stack.slack.people.person('carol').id;
  const home = () => stack.slack.state.homes.get(carol());
  const shown = () => JSON.stringify(home()?.content.blocks ?? []);
  const press = (actionId: string) =>
    stack.slack.interactions.clickView({ user: 'carol', viewId: home()?.id ?? '', actionId });

  it('offers to sign in, and shows who they are as soon as they have', async () => {
    await stack.slack.people.openHome('carol');
    await eventually('the Home', () => shown().includes('home_link'));
    expect(shown()).not.toContain('Your conversations');
    await press('home_link');
    const invitation = await eventually('the invitation', () =>
      /"url":"([^"]+)"/.exec(JSON.stringify(stack.slack.state.modals.get(carol())?.at(-1)?.content ?? '')),
    );
    await linkUp(stack, 'carol', 'dm', String(invitation[1]));
    await eventually('their name', () => shown().includes('carol@'), 5_000);
    expect(shown()).toContain('Your conversations (0)');
    expect(shown()).toContain('home_unlink');
  });

  it('forgets them when they sign out there', async () => {
    await press('home_unlink');
    await eventually('the offer', () => shown().includes('home_link'), 5_000);
    expect(shown()).not.toContain('carol@');
    expect(shown()).not.toContain('Your conversations');
  });
});
