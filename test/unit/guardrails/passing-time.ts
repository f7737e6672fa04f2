/** Time that passes only when told to. Between two events everything that is ready has its turn. */
export function createPassingTime() {
  let time = 0;
  let order = 0;
  const events: { readonly at: number; readonly order: number; readonly run: () => void }[] = [];

  function after(ms: number, run: () => void): () => void {
    order += 1;
    const event = { at: time + ms, order, run };
    events.push(event);
    return () => {
      const at = events.indexOf(event);
      if (at >= 0) events.splice(at, 1);
    };
  }

  async function settled(): Promise<void> {
    for (let i = 0; i < 12; i += 1) await Promise.resolve();
  }

  return {
    now: () => time,
    after,
    pause: (ms: number) => new Promise<void>((resolve) => void after(ms, resolve)),
    /** Runs everything that happens until `done` or, without it, until nothing is left. */
    async pass(done: () => boolean = () => false): Promise<void> {
      await settled();
      while (!done()) {
        let next = events[0];
        for (const event of events) {
          if (next && (event.at < next.at || (event.at === next.at && event.order < next.order)))
            next = event;
        }
        if (!next) return;
        events.splice(events.indexOf(next), 1);
        time = next.at;
        next.run();
        await settled();
      }
    },
  };
}
