import { type Json, Refused } from './model.ts';

/** Pictures. Source: Teams, "Format your bot messages", pictures; "Send and receive inline images". */
const KINDS = new Set(['image/png', 'image/jpeg', 'image/gif']);
const MOST_BYTES = 1_024 * 1_024;
const DATA = /^data:(image\/[a-z]+);base64,([A-Za-z0-9+/]+={0,2})$/;

/** What counts as the size of a message: all of it, but the bytes of pictures. Throws Refused for pictures that are none. */
export function withoutPictures(activity: Json): Json {
  if (!Array.isArray(activity.attachments)) return activity;
  const attachments = (activity.attachments as Json[]).map((attachment) => {
    const { contentType, contentUrl } = attachment;
    if (!String(contentType).startsWith('image/')) return attachment;
    const [, kind = '', base64 = ''] = DATA.exec(String(contentUrl)) ?? [];
    if (kind !== contentType || !KINDS.has(kind))
      throw new Refused(400, 'BadSyntax', 'The picture is none that Teams shows.');
    if (Buffer.byteLength(base64, 'base64') > MOST_BYTES)
      throw new Refused(413, 'MessageSizeTooBig', 'The picture is larger than 1 MB.');
    return { ...attachment, contentUrl: '' };
  });
  return { ...activity, attachments };
}

const badSyntax = (message: string) => new Refused(400, 'BadSyntax', message);
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const asJson = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});

/**
 * Throws Refused for what Teams would drop in silence, or not show. Source: Teams, "Bot messages with AI-generated
 * content" and "Suggested actions".
 */
export function checkContent(activity: Json): void {
  const text = typeof activity.text === 'string' ? activity.text : '';
  for (const entity of listOf(activity.entities)) {
    for (const claim of listOf(entity.citation)) {
      const { name, abstract, url } = asJson(claim.appearance);
      if (claim['@type'] !== 'Claim' || !Number.isInteger(claim.position))
        throw badSyntax('A citation is a claim with a position');
      if (typeof name !== 'string' || name === '' || name.length > 80)
        throw badSyntax('A citation has a name of 80 characters at most');
      if (typeof abstract !== 'string' || abstract === '' || abstract.length > 160)
        throw badSyntax('A citation has an abstract of 160 characters at most');
      if (typeof url !== 'string' || !/^https?:/.test(url)) throw badSyntax('A citation has a web address');
      if (!text.includes(`[${String(claim.position)}]`))
        throw badSyntax('The text does not refer to a citation');
    }
  }
  const { actions } = asJson(activity.suggestedActions);
  if (activity.suggestedActions !== undefined && (listOf(actions).length === 0 || listOf(actions).length > 3))
    throw badSyntax('One to three actions can be suggested');
  for (const { type, title, value } of listOf(actions))
    if (type !== 'imBack' || !title || !value) throw badSyntax('A suggested action says something');
}
