/** Records of answers, in the registry's database. */
import { fail } from '../../core/errors.ts';
import type { Logger } from '../../modes/service/log.ts';
import type { Recorder } from '../../monitor/recorder.ts';
import type { Resources } from '../../resources/resources.ts';
import type { RecordOptions } from './options.ts';

const DAYS = 30;
const MOST = 10_000_000;

/** Undefined when nothing is recorded. @throws READ_ONLY when each answer is to be recorded, and none can be */
export const startRecorder = async (
  resources: Resources,
  record: RecordOptions | undefined,
  log: Logger,
): Promise<Recorder | undefined> => {
  if (record === undefined) return undefined;
  const { share = 1, wait, days = DAYS, most = MOST } = record;
  const { home } = resources;
  if (await resources.isReadOnly()) {
    if (wait) {
      throw fail('READ_ONLY', 'The home may only be read, and no answer shall be given that is not recorded.', {
        expected: 'a home that may be written to (MILLRACE_HOME), or no --record-wait',
        got: home,
      });
    }
    log.warn({ home }, 'no records are kept, as the home may only be read');
    return undefined;
  }
  return resources.recorder({
    share,
    wait,
    days,
    most,
    onTrouble(problem) {
      if (problem) log.error({ problem }, 'records are not written at the moment');
      else log.info('records are written again');
    },
  });
};
