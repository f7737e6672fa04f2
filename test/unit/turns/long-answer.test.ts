import { describe, expect, it } from 'vitest';
import type { ReplyView } from '../../../src/chat/vocabulary.ts';
import type { AgentEvent } from '../../../src/contract/events.ts';
import { createGuardedAnswer } from '../../../src/turns/guarded-answer.ts';
import { advance, NO_PROGRESS } from '../../../src/turns/progress.ts';
import { end, numbered, text, tool } from './agent-events.ts';

/** What is shown of a run, one view after another, and at the end. */
async function shownOf(events: readonly AgentEvent[]) {
  const views: ReplyView[] = [];
  const answer = createGuardedAnswer({
    openGate: undefined,
    shadow: false,
    mayLink: undefined,
    show: (view) => views.push(view),
  });
  let progress = NO_PROGRESS;
  for (const event of events) {
    progress = advance(progress, event);
    answer.take(progress.view);
  }
  const { view } = await answer.finish(progress.view);
  return { views, last: view };
}

describe('an answer as long as a book, in small pieces', () => {
  const pieces = Array.from({ length: 40_000 }, (_, i) => text(`w${i % 10_000} `));
  const whole = pieces.map((piece) => (piece.type === 'text' ? piece.text : '')).join('');

  it('is not looked at as a whole for each of them, and is whole in the end', async () => {
    const { views, last } = await shownOf(numbered([...pieces, end()]));
    expect(last.text).toBe(whole);
    const late = views.filter((view) => view.text.length > whole.length / 2);
    expect(late.length).toBeGreaterThan(20);
    expect(late.length).toBeLessThan(200);
  });

  it('shows its steps at once, and all that was said before', async () => {
    const { views } = await shownOf(numbered([...pieces, tool('read')]));
    expect(views.at(-1)).toMatchObject({ text: whole, tasks: [{ state: 'in_progress' }] });
  });
});

it('a short answer is shown piece by piece', async () => {
  const { views } = await shownOf(numbered([text('a '), text('b '), text('c'), end()]));
  expect(views.map((view) => view.text)).toContain('a b ');
});
