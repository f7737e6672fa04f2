import type { Change } from '../../faults/tree.ts';

/** A defect on purpose: attacks that do not notice it prove nothing when nothing comes of them. */
export interface PlantedDefect {
  readonly name: string;
  readonly changes: readonly Change[];
  /** Words in the titles of the attacks that must notice it. */
  readonly noticed: readonly string[];
}

const IDENTITY = 'src/identity';
const WEB = 'src/web/link';
const STORE = 'src/store';

const change = (under: string, from: RegExp, to: string): Change => ({ under, from, to });

/** What a pool says the nonce is, whatever we asked for. */
const NONCE_UNCHECKED = change(
  IDENTITY,
  /expectedNonce: nonce,/,
  "expectedNonce: JSON.parse(Buffer.from(((await answer.clone().json()) as { id_token: string }).id_token.split('.')[1] ?? '', 'base64url').toString()).nonce ?? oauth.expectNoNonce,",
);
const SEALED_FOR_ANYBODY = change(
  STORE,
  /ref, tenant, user, provider, version\]/,
  'ref, tenant, provider, version]',
);

export const PLANTED_DEFECTS: readonly PlantedDefect[] = [
  {
    name: 'a ticket is not spent',
    changes: [
      change(IDENTITY, /if redis\.call\('EXISTS', key\('ticket', fields\[5\]\)\) == 1 then .* end\n/, ''),
    ],
    noticed: ['found again by the next one'],
  },
  {
    name: 'a ticket is for any browser',
    changes: [
      change(IDENTITY, /if fields\[3\] and fields\[3\] ~= ARGV\[3\] then return 'other_browser' end/, ''),
    ],
    noticed: ['that the attacker opens while she', 'ten browsers open at once'],
  },
  {
    name: 'a ticket begins as many sign-ins as one likes',
    changes: [
      change(IDENTITY, /if fields\[5\] then redis\.call\('DEL', key\('flow', fields\[5\]\)\) end/, ''),
    ],
    noticed: ['opens again and again'],
  },
  {
    name: 'the browser is not checked at the callback',
    changes: [
      change(
        IDENTITY,
        /if fields\[4\] ~= ARGV\[3\] then (return \{'other_browser', fields\[1\]\}) end\nredis/,
        'redis',
      ),
    ],
    noticed: ['that change browsers', 'with a cookie of its own'],
  },
  {
    name: 'the browser is not checked at the confirm page',
    changes: [
      change(
        IDENTITY,
        /if fields\[4\] ~= ARGV\[3\] then return \{'other_browser', fields\[1\]\} end\nif fields\[5\]/,
        'if fields[5]',
      ),
    ],
    noticed: ['that another browser answers'],
  },
  {
    name: 'any cookie of our name will do',
    changes: [change(WEB, /found\.length === 1 && identity/, 'identity')],
    noticed: ['two cookies of our name'],
  },
  {
    name: 'a state can be used again',
    changes: [change(IDENTITY, /redis\.call\('DEL', flow\)\n/, '')],
    noticed: ['used again with a fresh code'],
  },
  {
    name: 'the nonce is not checked',
    changes: [NONCE_UNCHECKED],
    noticed: ['with another nonce', 'without a nonce'],
  },
  {
    name: 'every sign-in has the same verifier, and the nonce is not checked',
    changes: [
      NONCE_UNCHECKED,
      change(IDENTITY, /\[secret\(\), secret\(\), secret\(\)\]/, "[secret(), secret(), 'v'.repeat(43)]"),
    ],
    noticed: ['in the victim’s callback', 'in the attacker’s callback', 'change places in one browser'],
  },
  {
    name: 'access tokens are taken from any client',
    changes: [
      change(
        IDENTITY,
        /\.\.\.shared, tokenUse: 'access' \}/,
        "...shared, clientId: null, tokenUse: 'access' }",
      ),
    ],
    noticed: ['an access token of another client'],
  },
  {
    name: 'any token will do as access token',
    changes: [
      change(IDENTITY, /\.\.\.shared, tokenUse: 'access' \}/, '...shared, tokenUse: null }'),
      change(IDENTITY, /username: z\.string\(\)\.min\(1\)/, "username: z.string().default('alice')"),
    ],
    noticed: ['an id token in the place of the access token'],
  },
  {
    name: 'the two tokens may be of two people',
    changes: [change(IDENTITY, /if \(a\.sub !== i\.sub\) throw .*;/, '')],
    noticed: ['beside the id token of another'],
  },
  {
    name: 'a refreshed token may be of anybody',
    changes: [change(IDENTITY, /if \(principal\.sub !== link\.sub\)\s+throw .*;/, '')],
    noticed: ['a refreshed token of somebody else'],
  },
  {
    name: 'anybody in the chat may answer, and what is sealed is for anybody',
    changes: [
      change(IDENTITY, /if fields\[1\] ~= ARGV\[3\] then return \{'other_person', fields\[1\]\} end/, ''),
      SEALED_FOR_ANYBODY,
    ],
    noticed: ['another chat user who presses Yes', 'where it is not hers to answer'],
  },
  {
    name: 'what is sealed is for anybody',
    changes: [SEALED_FOR_ANYBODY],
    noticed: ['in the record of another'],
  },
  {
    name: 'what is sealed is for any record of the same person',
    changes: [change(IDENTITY, /body\.success && body\.data\.record === record \?/, 'body.success ?')],
    noticed: ['exchanged in Redis between the page and the chat', 'verifiers of one person'],
  },
  {
    name: 'a Yes on the page is enough',
    changes: [
      change(
        IDENTITY,
        /await deps\.askInChat\(proposal\);/,
        "await links.save(proposal.account, '*', link); await deps.askInChat(proposal);",
      ),
    ],
    noticed: ['that nobody answers in the chat'],
  },
  {
    name: 'a link is made also where it cannot be put on record',
    changes: [
      change(IDENTITY, /await audit\.record\(\{ type: 'link\.created'/, "audit.note({ type: 'link.created'"),
    ],
    noticed: ['that cannot be put on record'],
  },
  {
    name: 'a Yes in the chat is enough',
    changes: [
      change(
        IDENTITY,
        /if not fields\[1\] or not fields\[3\] then return \{'unknown'\} end/,
        "if not fields[1] then return {'unknown'} end",
      ),
    ],
    noticed: ['before the page was answered'],
  },
  {
    name: 'a page can be answered twice',
    changes: [change(IDENTITY, /if fields\[5\] then return \{'confirmed', fields\[1\]\} end/, '')],
    noticed: ['answered ten times at once'],
  },
  {
    name: 'a question in the chat can be answered twice',
    changes: [
      change(
        IDENTITY,
        /redis\.call\('DEL', proposal\)\nreturn \{'ok', fields\[2\]\}/,
        "return {'ok', fields[2]}",
      ),
    ],
    noticed: ['pressed again after the link has ended'],
  },
  {
    name: 'a No on the page is forgotten',
    changes: [
      change(
        IDENTITY,
        /if ARGV\[4\] == '0' then redis\.call\('DEL', proposal\)/,
        "if ARGV[4] == '0' then redis.call('PERSIST', proposal)",
      ),
    ],
    noticed: ['a Yes after a No'],
  },
  {
    name: 'a form without a decision is a Yes',
    changes: [change(WEB, /const \{ proposal, decision \} =/, "const { proposal, decision = 'yes' } =")],
    noticed: ['a form without a decision'],
  },
  {
    name: 'forms are taken from anywhere',
    changes: [change(WEB, /!known \|\| !isOurOwnForm\(request\)/, '!known')],
    noticed: ['that another site sends', 'a neighbour of our site', 'an old browser sends'],
  },
  {
    name: 'addresses need not match',
    changes: [change(IDENTITY, /if \(deps\.email === 'match' && .*\n/, '')],
    noticed: ['where addresses must match, whatever everybody says'],
  },
  {
    name: 'an address that nobody has verified matches',
    changes: [change(IDENTITY, /!\(same && emailVerified\)/, '!same')],
    noticed: ['that nobody has verified', 'that nobody vouches for'],
  },
  {
    name: 'everybody is invited',
    changes: [
      change(IDENTITY, /if \(!may\('ask', rolesOf\(principal, deps\.access\)\)\) .*\n/, ''),
      change(IDENTITY, /if \(!may\('ask', roles\)\)/, 'if (false as boolean)'),
    ],
    noticed: ['in none of the groups'],
  },
  {
    name: 'a look spends the ticket',
    changes: [
      change(
        WEB,
        /return method === 'HEAD' \|\| .*;/,
        'return false as boolean && purpose.length + String(method).length > 0;',
      ),
    ],
    noticed: ['a mail scanner', 'fetches the link ahead', 'a callback that only looks'],
  },
  {
    name: 'the address to come back to is what the request says',
    changes: [
      change(
        WEB,
        /response\.redirect\(302, result\);/,
        'response.redirect(302, result.replace(encodeURIComponent(origin), encodeURIComponent("http://" + request.headers.host)));',
      ),
    ],
    noticed: ['a request for another host'],
  },
  {
    name: 'tickets are given without end',
    changes: [
      change(
        IDENTITY,
        /if \(tooMany\) return \{ kind: 'problem', problem: 'too_many_attempts', account, retryAfterS \};/,
        '',
      ),
    ],
    noticed: ['tickets without end'],
  },
  {
    name: 'records stay for ever',
    changes: [
      change(IDENTITY, /return redis\.call\('EXPIRE', record, ARGV\[4\]\)/, 'return 1'),
      change(IDENTITY, /redis\.call\('PEXPIRE', flow, .*\n/, ''),
    ],
    noticed: ['keeps nothing for ever'],
  },
];
