import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openChannel } from '../../src/channels/open.ts';
import { tempFolder } from '../temp-folder.ts';
import { drifting, message, resolved } from './message.ts';

/** As Debian and as its makers call it. */
const command = ['prometheus-alertmanager', 'alertmanager'].find((name) => spawnSync(name, ['--version']).status === 0);

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** A real Alertmanager, on this machine alone; its address. */
const startAlertmanager = async (t: TestContext, name: string): Promise<string> => {
  const folder = tempFolder(t);
  const config = join(folder, 'alertmanager.yml');
  writeFileSync(config, 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n');
  const address = `127.0.0.1:${await freePort()}`;
  const options = [
    `--config.file=${config}`,
    `--storage.path=${folder}`,
    `--web.listen-address=${address}`,
    '--cluster.listen-address=',
  ];
  const child = spawn(name, options, { stdio: 'ignore' });
  t.after(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  const isReady = () =>
    fetch(`http://${address}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isReady())) await sleep(50);
  return `http://${address}`;
};

if (command === undefined) {
  process.stderr.write(
    '# Alertmanager was not told of alerts: it is not installed (Debian: prometheus-alertmanager)\n',
  );
} else {
  test('a real Alertmanager takes alerts, knows them again, and sees that they are resolved', async (t) => {
    const address = await startAlertmanager(t, command);
    const { send } = await openChannel({ alertmanager: address }, { folder: '.', env: process.env });
    const { signal } = new AbortController();
    const told = async () => {
      const active = (await (await fetch(`${address}/api/v2/alerts`)).json()) as readonly {
        readonly labels: Readonly<Record<string, string>>;
        readonly annotations: Readonly<Record<string, string>>;
      }[];
      return active.map(({ labels, annotations }) => `${labels.alertname} ${labels.field}: ${annotations.summary}`);
    };
    await send(message, signal);
    assert.deepEqual(await told(), [`millrace_drift distance: ${drifting.sentence}`]);
    const worse = { ...drifting, severity: 'error', sentence: 'distance is 0.6 sd higher' } as const;
    await send({ ...message, alerts: [worse] }, signal);
    assert.deepEqual(await told(), ['millrace_drift distance: distance is 0.6 sd higher']);
    const over = { ...drifting, status: 'resolved', resolved_at: new Date().toISOString() } as const;
    await send({ ...message, alerts: [over, resolved] }, signal);
    assert.deepEqual(await told(), []);
  });
}
