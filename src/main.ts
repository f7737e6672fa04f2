import type { AddressInfo } from 'node:net';
import type { Admission } from './chat/admission.ts';
import type { Platform, Sender } from './chat/vocabulary.ts';
import { createCommands } from './commands/commands.ts';
import { type Config, ConfigError, loadConfig } from './config.ts';
import { composeAudit } from './main/audit.ts';
import { composeConversations } from './main/conversations.ts';
import { composeExplanations, composeGuards } from './main/guards.ts';
import { composeHome, predefinedTasks } from './main/home.ts';
import { composeIntake, type Intake } from './main/intake.ts';
import { composeMemory } from './main/memory.ts';
import { composePeople } from './main/people.ts';
import { slackPeople } from './main/platforms.ts';
import { composePrivacy } from './main/privacy.ts';
import { composeTeams } from './main/teams.ts';
import { composeWorker, type TurnWorker } from './main/worker.ts';
import { createSlackClient } from './slack/client.ts';
import { createHomePeople } from './slack/home-people.ts';
import { createSlackIngress } from './slack/ingress.ts';
import { createPacing } from './slack/pacing.ts';
import { connect, disconnect } from './store/connection.ts';
import { configuredDataKeys } from './store/data-keys-configured.ts';
import { checkDurability, createConfirmation } from './store/durability.ts';
import { problemsAtStart } from './store/first-contact.ts';
import { createLogger, type Logger } from './telemetry/logger.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { createTraces } from './telemetry/traces.ts';
import { createFeedback } from './turns/feedback.ts';
import { CHAT_CALL_TIMEOUT_MS, createLanes } from './turns/lanes.ts';
import { createOnce, createTakeBack } from './turns/once.ts';
import { createOperator } from './turns/operator.ts';
import { pause } from './turns/pause.ts';
import { knowTwins } from './turns/twins.ts';
import { createWakes } from './turns/wakes.ts';
import { listen } from './web/listen.ts';
import { stopServing } from './web/stop-serving.ts';
import { createWebApp } from './web/web-app.ts';
import { createWebServer } from './web/web-server.ts';

/** How long running turns may go on after SIGTERM before they are handed to another worker. */
const SHUTDOWN_GRACE_MS = 20_000;
/** How long requests under way may go on. Redis answers or fails sooner, and Slack does not wait longer. */
const REQUESTS_GRACE_MS = 3_000;
/** Whatever is not closed by then is left: leases hand it over as well, and an orchestrator kills after 30 s. */
const SHUTDOWN_LIMIT_MS = 28_000;

export interface Threadcore {
  /** Where the web role listens. */
  readonly url: string;
  close(graceMs?: number): Promise<void>;
}

/** Puts the parts of a role together. Throws, with nothing left open, when Redis is not fit to hold turns. */
export async function startThreadcore(config: Config, log: Logger): Promise<Threadcore> {
  const now = () => Date.now();
  const monotonic = () => performance.now();
  const { keyPrefix, durability } = config.redis;
  let metRedis = false;
  const onRedisError = (error: Error) => {
    // Before that it is told as the problem that it is.
    if (metRedis) log.warn({ err: error }, 'Redis connection trouble');
  };
  const redis = connect({ url: config.redis.url, name: 'threadcore', onError: onRedisError });
  const closers: (() => Promise<unknown>)[] = [() => disconnect(redis)];
  const close = async () => {
    for (const step of closers.reverse()) await step();
  };

  try {
    const problems = await problemsAtStart(redis, config.redis.url, durability);
    if (problems.length > 0) throw new ConfigError(problems);
    metRedis = true;

    const metrics = createMetrics();
    const traces = createTraces();
    const lanes = createLanes(redis, keyPrefix, config.lanes);
    const operator = createOperator(redis, keyPrefix);
    const wakes = createWakes(redis, keyPrefix, (error) =>
      log.warn({ err: error }, 'the queue reported an error'),
    );
    const slack =
      config.slack &&
      createSlackClient({
        token: config.slack.botToken,
        apiUrl: config.slack.apiUrl,
        timeoutMs: CHAT_CALL_TIMEOUT_MS,
        observe: metrics.slackCall,
      });
    const pacing = createPacing({ redis, keyPrefix, now: monotonic, log });
    closers.push(
      () => wakes.close(),
      () => traces.shutdown(),
      () => metrics.shutdown(),
    );
    const { dataKeys, close: closeKeys } = await configuredDataKeys({
      ...config.secrets,
      region: config.agent.region,
      now: monotonic,
    });
    const { audit, close: closeAudit } = await composeAudit({
      redis,
      keyPrefix,
      dataKeys,
      retentionDays: config.audit.retentionDays,
      confirmDurable: createConfirmation(redis, durability),
      observe: metrics.auditEntry,
      log,
    });
    const base = { redis, keyPrefix, dataKeys, audit, log };
    const teams = composeTeams({ ...base, config, operator, metrics });
    const homes = createHomePeople(redis, keyPrefix);
    const confirmDurable = createConfirmation(redis, durability);
    const memory = composeMemory({ ...base, config, confirmDurable, observe: metrics.memoryEvent });
    const people = composePeople({
      ...{ ...base, config, lanes, wakes, metrics },
      peoples: (closing) => ({
        ...(slack
          ? { slack: slackPeople({ client: slack, pacing, redis, keyPrefix, homes, closing, log }) }
          : {}),
        ...(teams ? { teams: teams.people } : {}),
      }),
      onAccountChanged: homes.changed,
    });
    const privacy = composePrivacy({
      ...{ ...base, slack, teams, pacing, lanes, operator, people, homes, memory, confirmDurable },
      wake: () => wake(),
    });
    closers.push(
      async () => closeKeys(),
      closeAudit,
      async () => memory?.close(),
      () => people.close(),
    );
    // A worker's erasures end before the runtime that they call.
    if (config.role === 'web') closers.push(() => privacy.close());
    const guarded = composeGuards({ ...base, config, people, metrics, now, monotonic });
    closers.push(() => guarded.close());
    const talks = composeConversations({
      ...{ ...base, config, people, memory, metrics },
      checkWords: guarded.checkWords,
      isErasing: privacy.jobs.isErasing,
    });
    const { conversations } = talks;
    closers.push(() => talks.close());
    metrics.watchQueue(async () => {
      const { readyLanes, activeLanes, paused, turns } = await lanes.depth();
      const queued = (turns.queued ?? 0) + (turns.received ?? 0);
      return { ready: readyLanes, queued, running: activeLanes, paused };
    });

    let worker: TurnWorker | undefined;
    const intake =
      config.role === 'worker'
        ? undefined
        : composeIntake({ config, redis, onRedisError, wake, metrics, log });
    if (intake) closers.push(intake.close);
    const ingress = intake && slackIngress(intake);
    const teamsIngress = intake && (await teams?.ingress({ ...intake, ...said('teams') }));
    const slackEvents = ingress?.handle;

    const app = createWebApp({
      ...(slackEvents ? { slackEvents } : {}),
      ...(teamsIngress ? { teamsMessages: teamsIngress.handle } : {}),
      ...(people.linkRoutes && config.role !== 'worker' ? { link: people.linkRoutes } : {}),
      trustedProxies: config.web.trustedProxies,
      notReady: async () => {
        try {
          const reasons = await checkDurability(redis, durability);
          if (config.role !== 'web' && !worker?.running()) reasons.push('the worker does not take turns');
          reasons.push(...(ingress?.notReady() ?? []));
          await wakes.waiting();
          return reasons;
        } catch (error) {
          return [`Redis does not answer: ${error instanceof Error ? error.message : String(error)}`];
        }
      },
      intake: async () => (await operator.paused()) ?? 'open',
      metrics: metrics.expose,
      log,
    });
    const server = createWebServer(app);
    const deaf = await listen(server, config.web);
    if (deaf !== undefined) throw new ConfigError([deaf]);
    // Last: a process that cannot start has taken no turns.
    if (config.role !== 'web')
      worker = composeWorker({
        ...{ config, lanes, wakes, wake, onRedisError, metrics, traces, slack, teams, pacing },
        ...{ people, talks, memory, privacy, guarded, now, monotonic, log },
        onClose: (...steps) => closers.push(...steps),
      });
    const { port } = server.address() as AddressInfo;
    log.info({ role: config.role, port }, 'Threadcore is up');

    return {
      url: `http://127.0.0.1:${port}`,
      async close(graceMs = SHUTDOWN_GRACE_MS) {
        // No new events and no new turns; what is under way goes on in the meantime.
        const takesNothing = async () => {
          await stopServing(server, REQUESTS_GRACE_MS);
          teams?.close();
          await Promise.all([ingress?.close(), teamsIngress?.close()]);
        };
        await Promise.all([takesNothing(), worker?.close(graceMs)]);
        await close();
      },
    };

    /** Where no turns are run, whoever is free hears of a ready lane through the queue. */
    function wake(): Promise<void> {
      return worker ? worker.wake() : wakes.add();
    }

    /** What the bot says itself, and to whom it says no. */
    function said(platform: Platform) {
      const once = createOnce(redis, keyPrefix);
      const takeBack = createTakeBack(redis, keyPrefix);
      return {
        once,
        commands: createCommands({
          ...{ operator, conversations, now },
          account: people.account,
          privacy: privacy.commands,
          tasks: predefinedTasks,
        }),
        account: people.account,
        privacy: privacy.commands,
        conversations,
        withheld: composeExplanations({ read: lanes.read, audit, once, takeBack, people, platform }),
        pauseReason: async () => (await operator.paused())?.reason ?? '',
        recordFeedback: createFeedback({ redis, keyPrefix, observe: metrics.feedback, log }).record,
        onRefused: (who: Sender, why: Exclude<Admission, 'admitted'>) =>
          people.noteRefusal(platform, who, why),
      };
    }

    function slackIngress({ accept, changes }: Intake) {
      if (!config.slack || !slack) return undefined;
      const { home, close: closeHome } = composeHome({
        homes,
        account: people.account,
        conversations,
        operator,
        slack,
        pacing,
        monotonic,
        log,
      });
      closers.push(closeHome);
      return createSlackIngress({
        ...config.slack,
        ...said('slack'),
        client: slack,
        pacing,
        rules: {
          tenants: config.access.slackTeams,
          conversations: config.access.channels,
          people: config.access.users,
          externals: config.access.externals,
        },
        accept: {
          ...accept,
          acceptTurn: knowTwins({ acceptTurn: accept.acceptTurn, observe: metrics.messageTaken, monotonic }),
        },
        changes,
        home,
        pause,
        now,
        monotonic,
        random: Math.random,
        onHandled: metrics.acceptTook,
        onRequestRefused: metrics.requestRefused,
        onIgnored: metrics.deliveryIgnored,
        log,
      });
    }
  } catch (error) {
    await close();
    throw error;
  }
}

async function main(): Promise<void> {
  let log = createLogger({ level: 'info' });
  try {
    const config = loadConfig();
    log = createLogger({ level: config.telemetry.logLevel, service: config.telemetry.serviceName });
    const starting = startThreadcore(config, log);
    // From now on: the first process of a container is not ended by a signal that it does not listen to.
    let stopping = false;
    const stop = (signal: string) => {
      if (stopping) process.exit(1);
      stopping = true;
      log.info({ signal }, 'shutting down');
      setTimeout(() => {
        log.error('the shutdown takes too long; other workers take over what is left');
        process.exit(1);
      }, SHUTDOWN_LIMIT_MS);
      starting
        .then((threadcore) => threadcore.close())
        .then(
          () => process.exit(0),
          (error: unknown) => {
            log.fatal({ err: error }, 'shutdown failed');
            process.exit(1);
          },
        );
    };
    process.on('SIGTERM', () => stop('SIGTERM'));
    process.on('SIGINT', () => stop('SIGINT'));
    await starting;
  } catch (error) {
    if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
    else log.fatal({ err: error }, 'Threadcore could not start');
    process.exit(1);
  }
}

if (import.meta.main) await main();
