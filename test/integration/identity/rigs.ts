import { type Rig, type RigOptions, startRig } from './rig.ts';

/** One rig for each settings, with nothing in it when it is handed out. */
export function createRigs(common: RigOptions = {}) {
  const rigs = new Map<string, Promise<Rig>>();
  return {
    async fresh(settings: RigOptions = {}): Promise<Rig> {
      const options = { ...common, ...settings };
      const name = JSON.stringify(options);
      const started = rigs.get(name) ?? startRig(options);
      rigs.set(name, started);
      const rig = await started;
      await rig.identity.settled();
      await rig.redis.flushdb();
      for (const list of [rig.asked, rig.unparked, rig.steps, rig.events, rig.logged]) list.length = 0;
      rig.chat.answersCalls = true;
      return rig;
    },
    async close(): Promise<void> {
      for (const rig of rigs.values()) await (await rig).close();
    },
  };
}
