/** A process that delivers what is due, over and over: `delivery-worker.ts <store> <receiver>`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { deliverDue } from '../../src/channels/delivery.ts';
import { openChannel } from '../../src/channels/open.ts';
import { openAlerts } from '../../src/monitor/alerts/open.ts';
import { openSql } from '../../src/store/sql.ts';

const [store, receiver] = process.argv.slice(2);
const sql = await openSql(store);
const channel = await openChannel({ webhook: receiver }, { folder: '.', env: process.env });
const { signal } = new AbortController();
// For those who waited a minute for somebody that was killed, that minute is over.
const now = () => new Date(Date.now() + 3_600_000 * Number(process.env.HOURS ?? 0));
for (;;) {
  await deliverDue(
    { alerts: openAlerts(sql), channels: new Map([['hook', channel]]), onMissed: () => {}, now },
    signal,
  );
  await sleep(5);
}
