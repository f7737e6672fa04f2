import type { ICruiseOptions, IForbiddenRuleType, IRegularForbiddenRuleType } from 'dependency-cruiser';

/**
 * Who may import whom. The rules are generated from ONE ordered list: a room may import anything before it, nothing
 * after it, and never a neighbour in the same group; what it needs from there is handed in by main.
 */
const ROOMS = [
  ['contract'],
  ['chat'],
  ['telemetry'],
  ['store'],
  ['audit'],
  ['sessions', 'identity', 'guardrails', 'agentcore', 'privacy'],
  ['turns'],
  ['commands'],
  ['slack', 'teams', 'web'],
];

/** Packages that only some places may import. `rooms` are folders of src; main.ts is named as such. */
const SDK_FENCES = [
  { name: 'slack-sdk', packages: ['@slack/[^/]+'], rooms: ['slack'] },
  { name: 'teams-sdk', packages: ['botbuilder[^/]*', 'botframework-[^/]+'], rooms: ['teams'] },
  {
    name: 'kms-client',
    packages: ['@aws-sdk/client-kms'],
    rooms: ['store', 'agentcore', 'guardrails', 'identity'],
  },
  {
    name: 'aws-sdk',
    packages: ['@aws-sdk/(?!client-kms/)[^/]+'],
    rooms: ['agentcore', 'guardrails', 'identity'],
  },
  { name: 'ioredis', packages: ['ioredis'], rooms: ['store'] },
  { name: 'bullmq', packages: ['bullmq'], rooms: ['turns'] },
  { name: 'express', packages: ['express'], rooms: ['web', 'main.ts', 'main'] },
];

/** Pure by name or by room: no SDK, no node builtin except the hashing of node:crypto. */
const PURE = '^src/(chat/|.*/(normalise|render|[^/]*-decision)\\.ts$)';

const inRooms = (rooms: readonly string[]) => `^src/(${rooms.join('|')})/`;
const inPackages = (names: readonly string[]) =>
  `(^|/)node_modules/(@types/)?(${names.join('|')})/|^(${names.join('|')})(/|$)`;
const at = (places: readonly string[]) =>
  `^src/(${places.map((place) => (place.endsWith('.ts') ? place.replace('.', '\\.') : `${place}/`)).join('|')})`;

type From = IRegularForbiddenRuleType['from'];
type To = IRegularForbiddenRuleType['to'];
const forbid = (name: string, comment: string, from: From, to: To): IForbiddenRuleType => ({
  name,
  severity: 'error',
  comment,
  from,
  to,
});

const roomRules = ROOMS.flatMap((group, index) => {
  const later = ROOMS.slice(index + 1).flat();
  return group.flatMap((room) => {
    const neighbours = group.filter((other) => other !== room);
    return [
      ...(later.length
        ? [
            forbid(
              `${room}-imports-only-earlier-rooms`,
              `Move it, or let main hand it in.`,
              { path: inRooms([room]) },
              { path: inRooms(later) },
            ),
          ]
        : []),
      ...(neighbours.length
        ? [
            forbid(
              `${room}-imports-no-neighbour`,
              `Declare the function where it is used; main hands it in.`,
              { path: inRooms([room]) },
              { path: inRooms(neighbours) },
            ),
          ]
        : []),
    ];
  });
});

const fenceRules = SDK_FENCES.map(({ name, packages, rooms }) =>
  forbid(
    `fence-${name}`,
    `Only ${rooms.join(', ')} may import it.`,
    { path: '^src/', pathNot: at(rooms) },
    { path: inPackages(packages) },
  ),
);

const outside = '^(local|agent-runtime|scripts|test|bench|infra)/';

const placeRules = [
  forbid(
    'contract-imports-zod-only',
    'The contract is shared with the agent. Both have to come to the same digests.',
    { path: '^src/contract/' },
    { path: '.', pathNot: '^src/contract/|(^|/)node_modules/zod/|^(node:)?crypto$' },
  ),
  forbid(
    'only-main-imports-main',
    'main.ts is the composition root.',
    { path: '.', pathNot: '^(src/main(\\.ts|/)|test/|scripts/|bench/)' },
    { path: '^src/main(\\.ts$|/)' },
  ),
  forbid(
    'config-for-main-and-scripts',
    'Take the values as arguments.',
    { path: '.', pathNot: '^(src/main(\\.ts|/)|scripts/|test/|src/config\\.ts)' },
    { path: '^src/config\\.ts$' },
  ),
  forbid('src-stays-inside', 'Production code has no local branch.', { path: '^src/' }, { path: outside }),
  forbid(
    'local-imports-contract-only',
    'A stand-in knows the wire, not our code.',
    { path: '^local/' },
    { path: '^src/', pathNot: '^src/contract/' },
  ),
  forbid(
    'local-takes-no-server-sdk',
    'A stand-in speaks the wire protocol itself.',
    { path: '^local/' },
    { path: inPackages(['ioredis', 'bullmq', '@slack/[^/]+']) },
  ),
  forbid(
    'agent-runtime-imports-contract-only',
    'The agent is its own package.',
    { path: '^agent-runtime/' },
    { path: '^(src|local|scripts|test|bench|infra)/', pathNot: '^src/contract/' },
  ),
  forbid(
    'infra-imports-nothing-from-src',
    'Infrastructure is deployed without the code.',
    { path: '^infra/' },
    { path: '^src/' },
  ),
  forbid(
    'tests-are-not-imported',
    'Code never depends on tests.',
    { path: '.', pathNot: '^(test/|bench/|vitest\\.config\\.ts)' },
    { path: '^test/' },
  ),
  forbid(
    'pure-files-take-no-package',
    'Pure: hand in what it needs.',
    { path: PURE },
    {
      path: '(^|/)node_modules/',
      pathNot:
        '(^|/)node_modules/(zod|mdast[^/]*|micromark[^/]*|unist[^/]*|unified|remark[^/]*|@types/mdast)/',
    },
  ),
  forbid(
    'pure-files-take-no-builtin',
    'Pure: clock, randomness and I/O are handed in.',
    { path: PURE },
    { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
  ),
  forbid(
    'no-cycles',
    'Two files that need each other are one file, or miss a third.',
    {},
    { circular: true },
  ),
  forbid('resolvable', 'The import leads nowhere.', {}, { couldNotResolve: true }),
];

const forbidden = [...roomRules, ...fenceRules, ...placeRules];

const options: ICruiseOptions = {
  // TypeScript 7 has no compiler API that dependency-cruiser knows; without a parser it cruises nothing and is content.
  parser: 'swc',
  tsPreCompilationDeps: true,
  doNotFollow: { path: '(^|/)node_modules/' },
  exclude: {
    path: '^(dist|coverage|agent-runtime/dist|infra/cdk[.]out|local/slack/page|local/teams/page)/',
  },
  enhancedResolveOptions: {
    exportsFields: ['exports'],
    conditionNames: ['import', 'node', 'default', 'types'],
    extensions: ['.ts', '.js', '.mjs', '.json'],
  },
};

export default { forbidden, options };
