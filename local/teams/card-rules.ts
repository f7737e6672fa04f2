import { type Json, Refused } from './model.ts';

/**
 * What Teams shows of Adaptive Cards, and takes as the answer to a press. Source: Adaptive Cards schema 1.5; Teams, "Types
 * of cards", "Universal Actions for Adaptive Cards" and "User Specific Views".
 */
const CARD = 'application/vnd.microsoft.card.adaptive';
const HIGHEST = 1.5;
/** More accounts are not refreshed. */
const MOST_ACCOUNTS = 60;
/** More actions of a row are not shown. */
const MOST_ACTIONS = 6;

const badCard = (why: string) => new Refused(400, 'BadSyntax', `The card cannot be shown: ${why}.`);
const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isJson) : []);
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** Throws Refused for an attached card that Teams does not show. */
export function assertCards(activity: Json): void {
  for (const { contentType, content } of listOf(activity.attachments))
    if (contentType === CARD) assertCard(content);
}

function assertCard(card: unknown): void {
  if (!isJson(card) || card.type !== 'AdaptiveCard') throw badCard('it is none');
  const version = Number(card.version);
  if (!(version >= 1 && version <= HIGHEST)) throw badCard(`version ${String(card.version)}`);
  if (card.refresh !== undefined) assertRefresh(card.refresh);
  const ids = new Set<string>();
  for (const element of listOf(card.body)) assertElement(element, ids);
  assertActions(card.actions);
}

function assertRefresh(refresh: unknown): void {
  const { action, userIds } = isJson(refresh) ? refresh : {};
  if (!isJson(action) || action.type !== 'Action.Execute' || !isText(action.verb))
    throw badCard('it refreshes itself with no Action.Execute');
  if (Array.isArray(userIds) && userIds.length > MOST_ACCOUNTS) throw badCard('it refreshes for too many');
}

function assertElement(element: Json, ids: Set<string>): void {
  switch (element.type) {
    case 'TextBlock':
      if (typeof element.text !== 'string') throw badCard('a text has no text');
      return;
    case 'Container':
      for (const item of listOf(element.items)) assertElement(item, ids);
      return;
    case 'Table':
      for (const { cells } of listOf(element.rows))
        for (const { items } of listOf(cells)) for (const item of listOf(items)) assertElement(item, ids);
      return;
    case 'ActionSet':
      assertActions(element.actions);
      return;
    case 'Input.Text':
      if (!isText(element.id) || ids.has(element.id)) throw badCard('a field has no name of its own');
      if (!isText(element.label)) throw badCard('a field has no label');
      ids.add(element.id);
      return;
    default:
      throw badCard(`it has a ${String(element.type)}`);
  }
}

function assertActions(actions: unknown): void {
  if (listOf(actions).length > MOST_ACTIONS) throw badCard('a row has too many actions');
  for (const { type, title, verb, url } of listOf(actions)) {
    if (!isText(title)) throw badCard('a button says nothing');
    const works = type === 'Action.Execute' ? isText(verb) : type === 'Action.OpenUrl' && isText(url);
    if (!works) throw badCard(`a button does nothing (${String(type)})`);
  }
}

/** Throws for an answer to a press that Teams does not understand: people would read that something went wrong. */
export function assertPressAnswer(body: string): void {
  const { statusCode, type, value } = JSON.parse(body) as Json;
  const isError = type === 'application/vnd.microsoft.error';
  const ok = isError
    ? Number(statusCode) >= 400 && isJson(value) && isText(value.code) && isText(value.message)
    : statusCode === 200 && (type === CARD ? isJson(value) : isText(value));
  const known = isError || type === CARD || type === 'application/vnd.microsoft.activity.message';
  if (!ok || !known) throw new Error(`Teams does not understand this answer to a press: ${body}`);
  if (type === CARD) assertCard(value);
}
