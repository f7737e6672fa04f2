import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
} from '@slack/web-api';
import { expect, test } from 'vitest';
import { type SlackFailure, slackFailure } from '../../../src/slack/failures.ts';

const platform = (error: unknown) => new WebAPIPlatformError({ ok: false, error } as never);
const http = (status: number) => new WebAPIHTTPError(status, 'text', {}, '');

test.each<[string, unknown, SlackFailure | undefined]>([
  ['429 with Retry-After', new WebAPIRateLimitedError(7), { kind: 'rate_limited', waitMs: 7_000 }],
  ['429 with nothing to wait', new WebAPIRateLimitedError(0), { kind: 'rate_limited', waitMs: 1_000 }],
  [
    '429 with years to wait',
    new WebAPIRateLimitedError(99_999_999),
    { kind: 'rate_limited', waitMs: 3_600_000 },
  ],
  ['ratelimited in the body', platform('ratelimited'), { kind: 'rate_limited', waitMs: 1_000 }],
  ['an error name', platform('channel_not_found'), { kind: 'refused', code: 'channel_not_found' }],
  ['Slack’s own trouble', platform('internal_error'), { kind: 'unknown', reason: 'internal_error' }],
  [
    'Slack’s fatal trouble, perhaps after the write',
    platform('fatal_error'),
    { kind: 'unknown', reason: 'fatal_error' },
  ],
  [
    'a page of HTML in place of JSON',
    platform('<html><body>Bad gateway'),
    { kind: 'unknown', reason: 'unreadable' },
  ],
  ['an empty body', platform(''), { kind: 'unknown', reason: 'unreadable' }],
  ['a body without an error name', platform(undefined), { kind: 'unknown', reason: 'unreadable' }],
  ['HTTP 500', http(500), { kind: 'unknown', reason: 'http_500' }],
  ['HTTP 503', http(503), { kind: 'unknown', reason: 'http_503' }],
  ['HTTP 408', http(408), { kind: 'unknown', reason: 'http_408' }],
  ['HTTP 429', http(429), { kind: 'rate_limited', waitMs: 1_000 }],
  ['HTTP 404', http(404), { kind: 'refused', code: 'http_404' }],
  [
    'no answer',
    new WebAPIRequestError(new Error('socket hang up')),
    { kind: 'unknown', reason: 'no_answer' },
  ],
  ['an error that is not Slack’s', new TypeError('a bug'), undefined],
  ['something that is no error', 'text', undefined],
])('%s is sorted', (_name, error, expected) => {
  expect(slackFailure(error)).toEqual(expected);
});
