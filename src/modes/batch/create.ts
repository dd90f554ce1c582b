/** Batch on a host: its runs, and the ledger that tells of them, which is opened when it is first needed. */
import { fail } from '../../core/errors.ts';
import { backfill } from './backfill.ts';
import type { BatchDeployments, RunManner } from './batch.ts';
import { reportOf } from './follow-up.ts';
import type { BatchHost } from './host.ts';
import type { Ledger } from './ledger/ledger.ts';
import { openLedger } from './ledger/open.ts';
import { type BatchJob, perform } from './perform.ts';
import { rehearse } from './rehearse.ts';
import { isOver, notOver, requestedWindow, windowOf } from './wanted-window.ts';

/** The job that scores the rejects of a run again, and whether that was done before. @throws MillraceError USAGE */
const retryOf = async (host: BatchHost, ledger: Ledger, id: string): Promise<BatchJob & Pick<RunManner, 'force'>> => {
  const retry = await ledger.find(id);
  if (retry.status !== 'finished') {
    throw fail('USAGE', `The run ${retry.id} is ${retry.status}: only the rejects of a finished run can be retried`, {
      expected: 'a finished run; a failed one is run again as a whole',
      got: retry.status,
    });
  }
  const deployment = host.deployment(retry.deployment);
  const last = await ledger.slot(retry.deployment, `retry of ${retry.id}`);
  return { deployment, window: windowOf(deployment, retry), retry, force: last?.status === 'finished' };
};

export const createBatch = (host: BatchHost): BatchDeployments => {
  let opened: Promise<Ledger> | undefined;
  const ledger = (): Promise<Ledger> => {
    opened ??= host.store().then((store) => openLedger(store, host.clock));
    return opened;
  };
  return {
    names: host.names,
    deployment: host.deployment,
    ledger,
    reportOf: (run) => reportOf(host, run),
    async run({ deployment: name, window, shadow, ...manner }) {
      const deployment = host.deployment(name);
      const now = host.clock();
      const wanted = requestedWindow(deployment, window, now);
      if (wanted && !isOver(wanted, now)) throw notOver(name, wanted, now, '--window');
      return perform(host, await ledger(), { deployment, window: wanted, shadow }, manner);
    },
    perform: async (deployment, window, manner) => perform(host, await ledger(), { deployment, window }, manner),
    async rehearse({ deployment: name, window, force }) {
      const deployment = host.deployment(name);
      return rehearse(host, await ledger(), {
        deployment,
        force,
        found: await host.open(deployment.model),
        window: requestedWindow(deployment, window, host.clock()),
      });
    },
    backfill: (request) => backfill(host, ledger, request),
    async retryRejects(id, manner) {
      const book = await ledger();
      const { force, ...job } = await retryOf(host, book, id);
      return perform(host, book, job, { ...manner, force, slot: undefined });
    },
    list: async (options) => (await ledger()).list(options),
    find: async (id) => (await ledger()).find(id),
    async cancel(id) {
      const book = await ledger();
      return book.cancel((await book.find(id)).id, host.who);
    },
    async rejects(id, options) {
      const book = await ledger();
      return book.rejects((await book.find(id)).id, options);
    },
  };
};
