import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics, type Metrics } from '../../../src/telemetry/metrics.ts';

const open: Metrics[] = [];
afterEach(async () => {
  for (const metrics of open.splice(0)) await metrics.shutdown();
});

function start(): Metrics {
  const metrics = createMetrics();
  open.push(metrics);
  return metrics;
}

/** The samples of the exposition: name with labels → value. */
async function samples(metrics: Metrics): Promise<Map<string, number>> {
  const lines = (await metrics.expose()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

describe('metrics', () => {
  it('count turns by end, and messages, refusals and calls by what happened', async () => {
    const metrics = start();
    metrics.messageTaken('accepted');
    metrics.messageTaken('duplicate');
    metrics.messageTaken('duplicate');
    metrics.requestRefused('signature');
    metrics.deliveryIgnored('bot');
    metrics.turnEnded('done', 1500);
    metrics.turnEnded('failed', 20);
    metrics.turnInterrupted('cut');
    metrics.slackCall('chat.update', 'ok');
    metrics.unknownAgentEvent();
    const all = await samples(metrics);
    expect(all.get('threadcore_messages_total{outcome="accepted"}')).toBe(1);
    expect(all.get('threadcore_messages_total{outcome="duplicate"}')).toBe(2);
    expect(all.get('threadcore_requests_refused_total{reason="signature"}')).toBe(1);
    expect(all.get('threadcore_deliveries_ignored_total{reason="bot"}')).toBe(1);
    expect(all.get('threadcore_turns_total{end="done"}')).toBe(1);
    expect(all.get('threadcore_turns_total{end="failed"}')).toBe(1);
    expect(all.get('threadcore_turn_interruptions_total{kind="cut"}')).toBe(1);
    expect(all.get('threadcore_slack_calls_total{method="chat.update",outcome="ok"}')).toBe(1);
    expect(all.get('threadcore_agent_unknown_events_total')).toBe(1);
  });

  it('show times in seconds', async () => {
    const metrics = start();
    metrics.turnEnded('done', 1500);
    metrics.firstText(300);
    metrics.acceptTook(4);
    metrics.turnCalls('slack', 3);
    const all = await samples(metrics);
    expect(all.get('threadcore_turn_duration_seconds_sum{end="done"}')).toBe(1.5);
    expect(all.get('threadcore_turn_duration_seconds_bucket{end="done",le="1"}')).toBe(0);
    expect(all.get('threadcore_turn_duration_seconds_bucket{end="done",le="2"}')).toBe(1);
    expect(all.get('threadcore_first_text_seconds_sum')).toBe(0.3);
    expect(all.get('threadcore_accept_duration_seconds_sum')).toBe(0.004);
    expect(all.get('threadcore_turn_calls_sum{part="slack"}')).toBe(3);
  });

  it('read the queue anew at each exposition', async () => {
    const metrics = start();
    let ready = 4;
    metrics.watchQueue(async () => ({ ready, queued: 9, running: 2, paused: true, oldestSeconds: 1.5 }));
    expect((await samples(metrics)).get('threadcore_queue_ready_lanes')).toBe(4);
    ready = 7;
    const all = await samples(metrics);
    expect(all.get('threadcore_queue_ready_lanes')).toBe(7);
    expect(all.get('threadcore_turns_queued')).toBe(9);
    expect(all.get('threadcore_turns_running')).toBe(2);
    expect(all.get('threadcore_intake_paused')).toBe(1);
    expect(all.get('threadcore_queue_oldest_seconds')).toBe(1.5);
  });

  it('stay readable while the queue cannot be read, and show no stale depth', async () => {
    const metrics = start();
    let down = false;
    metrics.watchQueue(async () => {
      if (down) throw new Error('connection lost');
      return { ready: 4, queued: 7, running: 2, paused: false };
    });
    metrics.turnEnded('done', 1);
    await metrics.expose();
    down = true;
    const text = await metrics.expose();
    expect(text).toContain('threadcore_turns_total{end="done"} 1');
    expect(text).toMatch(/^threadcore_queue_ready_lanes NaN$/im);
    expect(await metrics.expose()).toContain('threadcore_queue_reading_failures_total');
    down = false;
    expect(await metrics.expose()).toContain('threadcore_queue_ready_lanes 4');
  });

  it('stay readable while the queue does not answer at all', async () => {
    const metrics = start();
    metrics.watchQueue(() => new Promise(() => undefined));
    metrics.turnEnded('done', 1);
    expect(await metrics.expose()).toContain('threadcore_turns_total{end="done"} 1');
  });

  it('have a description and a type for every family, and follow the naming rules', async () => {
    const metrics = start();
    metrics.messageTaken('accepted');
    metrics.turnEnded('done', 1);
    const text = await metrics.expose();
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type]) => ({ name, type }));
    expect(types.length).toBeGreaterThanOrEqual(3);
    for (const { name, type } of types) {
      expect(name).toMatch(/^threadcore_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      expect(text).toMatch(new RegExp(`^# HELP ${name} \\S`, 'm'));
    }
  });

  it('escape what outsiders choose', async () => {
    const metrics = start();
    metrics.slackCall('a"b\nc\\', 'ok');
    expect(await metrics.expose()).toContain('method="a\\"b\\nc\\\\"');
  });

  it('belong to one process part each: two instances do not share counts', async () => {
    const [one, other] = [start(), start()];
    one.unknownAgentEvent();
    expect((await samples(other)).get('threadcore_agent_unknown_events_total')).toBeUndefined();
  });
});
