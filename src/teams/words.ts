/** What the bot says in Teams alone. What it says everywhere is in `commands/`. */
export const NOT_HERE =
  'That is for you alone, so I do not write it here. I have no chat with you yet: open one with me and write the same there.';
export const DONE_ELSEWHERE =
  'Done. What there is to say about it is for you alone, and I have no chat with you yet: open one with me.';
export const SENT_ALONE = 'I have answered you in our own chat.';
/** After the press of a button. */
export const SAID_BELOW = 'You find it below.';
export const ASKED = 'Asked. The answer comes below.';
export const NO_SUCH_BUTTON = 'I do not know this button any more. Write `help` to see what I understand.';
export const UNREADABLE = 'I could not read this. Write `help` to see what I understand.';
export const NOT_STORED = 'I could not do this just now. Press the button again in a minute.';
