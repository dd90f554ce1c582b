/** What modes without callers leave behind of the rows that they score: records, and counts. */
import type { Recorder } from '../monitor/recorder.ts';
import { once } from './once.ts';
import type { Stores } from './stores.ts';

/** How long and how many records of modes are kept. */
const KEPT = { days: 30, most: 10_000_000 } as const;

type Leaving = Pick<Stores, 'leave' | 'leaveRecords' | 'counter' | 'leaveFigures'>;

export const createLeaving = ({
  url,
  isReadOnly,
  isWritable,
  recorder,
}: Pick<Stores, 'isReadOnly' | 'isWritable' | 'recorder'> & { readonly url: () => string }): Leaving & {
  readonly close: () => Promise<void>;
} => {
  let ofModes: Recorder | undefined;
  const modeRecorder = once(async () => {
    ofModes = await recorder({ share: 1, ...KEPT });
    return ofModes;
  });
  const openCounter = async () => (await import('../monitor/counter.ts')).createCounter(url());
  const modeCounter = once(openCounter);
  const recording = (countOf: (recorder: Recorder) => Recorder['count']) => async (share: number) => {
    if (await isReadOnly()) return undefined;
    const [{ createLeave }, opened] = await Promise.all([import('../monitor/scored-rows.ts'), modeRecorder.get()]);
    return createLeave({ count: countOf(opened), record: opened.record, share });
  };
  const counting = async () => {
    if (!(await isWritable())) return undefined;
    const [{ createLeave }, { count }] = await Promise.all([import('../monitor/scored-rows.ts'), modeCounter.get()]);
    return createLeave({ count, record: () => undefined, share: 0 });
  };
  const leave = recording((opened) => opened.count);
  return {
    leave: (share) => (share > 0 ? leave(share) : counting()),
    leaveRecords: recording(() => () => {}),
    counter: async () => ((await isWritable()) ? openCounter() : undefined),
    leaveFigures: () => ofModes?.figures,
    async close() {
      await modeRecorder.close();
      await modeCounter.close();
    },
  };
};
