import type { Conversation, Json, Message, Person } from './model.ts';

/** Who the bot is in Teams. */
export interface BotAccount {
  readonly id: string;
  readonly name: string;
}

interface Place {
  readonly serviceUrl: string;
  readonly bot: BotAccount;
  readonly person: Person;
  readonly conversation: Conversation;
  /** The message that begins the thread, in a channel. */
  readonly root: string;
}

const html = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** What every activity of a person has. */
export function activityBy({ serviceUrl, bot, person, conversation, root }: Place, at: Date): Json {
  const { type, id, tenantId } = conversation;
  return {
    channelId: 'msteams',
    serviceUrl,
    timestamp: at.toISOString(),
    localTimestamp: at.toISOString(),
    from: {
      id: person.id,
      name: person.displayName,
      aadObjectId: person.aadObjectId,
      ...(person.tenantId === tenantId ? {} : { tenantId: person.tenantId }),
    },
    recipient: bot,
    conversation: {
      conversationType: type,
      tenantId,
      id: root === '' ? id : `${id};messageid=${root}`,
      ...(type === 'personal' ? {} : { isGroup: true }),
    },
    locale: 'en-US',
    channelData: {
      tenant: { id: tenantId },
      ...(type === 'channel' ? { channel: { id }, team: { id } } : {}),
    },
  };
}

/** A message as Teams writes it: escaped, the mention of the bot as a tag with its entity. `@bot` in `text` mentions it. */
export function messageBy(place: Place, message: Message, at: Date): Json {
  const tag = `<at>${place.bot.name}</at>`;
  const mentioned = /@bot\b/.test(message.text);
  return {
    ...activityBy(place, at),
    type: 'message',
    id: message.id,
    textFormat: 'plain',
    text: html(message.text).replace(/@bot\b ?/g, `${tag}&nbsp;`),
    attachments: [{ contentType: 'text/html', content: `<p>${html(message.text)}</p>` }],
    entities: [
      { type: 'clientInfo', locale: 'en-US', country: 'US', platform: 'Web', timezone: 'Etc/UTC' },
      ...(mentioned
        ? [{ type: 'mention', text: tag, mentioned: { id: place.bot.id, name: place.bot.name } }]
        : []),
    ],
  };
}
