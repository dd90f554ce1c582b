/** A process that carries out what is due, over and over: `reaction-worker.ts <store> <file>`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openAlerts } from '../../src/monitor/alerts/open.ts';
import { carryOut } from '../../src/reactions/carry-out.ts';
import { commandWork } from '../../src/reactions/command.ts';
import { openSql } from '../../src/store/sql.ts';

const [store, file] = process.argv.slice(2);
const sql = await openSql(store);
const work = commandWork('sleep 0.02; echo $MILLRACE_IDEMPOTENCY_KEY >> $FILE', {
  folder: '.',
  env: { ...process.env, FILE: file },
});
const { signal } = new AbortController();
// For those who waited a minute for somebody that was killed, that minute is over.
const now = () => new Date(Date.now() + 3_600_000 * Number(process.env.HOURS ?? 0));
const reaction = { ...work, channel: 'react', deployment: 'rides', restMs: 0, isDue: () => true };
for (;;) {
  await carryOut({ alerts: openAlerts(sql), reactions: [reaction], now }, signal);
  await sleep(5);
}
