import type { Answer } from './adapter.ts';
import { CARD_TYPE, card, type Json, words } from './cards.ts';

/**
 * How presses are answered. The status of HTTP is 200 also for what went wrong: the one inside is what the client shows.
 * Source: Teams, "Universal Actions for Adaptive Cards", response format.
 */
const answer = (statusCode: number, type: string, value: Json | string): Answer => ({
  status: 200,
  body: { statusCode, type, value },
});

/** A word to the presser alone; the card stays. */
export const saying = (text: string): Answer =>
  answer(200, 'application/vnd.microsoft.activity.message', text);

/** For the presser, the card becomes this one. */
export const showing = (content: Json): Answer => answer(200, CARD_TYPE, content);

/** For the presser, the card becomes these words. */
export const replacing = (text: string): Answer => showing(card([words(text)], [], { says: text }));

const failing = (statusCode: number, code: string, message: string): Answer =>
  answer(statusCode, 'application/vnd.microsoft.error', { code, message });

export const badRequest = (message: string): Answer => failing(400, 'BadRequest', message);
export const forbidden = (message: string): Answer => failing(403, 'Forbidden', message);
export const broken = (message: string): Answer => failing(500, 'InternalServerError', message);
