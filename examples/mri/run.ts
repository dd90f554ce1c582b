/** The story of a scan: the model into the registry, a service, and what it says of phantoms. */
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const folder = import.meta.dirname;
const bin = resolve(folder, '..', '..', 'bin', 'millrace.js');
const port = process.env.PORT ?? '8080';
const { stdout } = process;

stdout.write(
  'For study, not for diagnosis. The pictures are phantoms: drawn, and of nobody.\n\n$ millrace pack model\n',
);
const env = { ...process.env, MILLRACE_HOME: process.env.MILLRACE_HOME ?? join(folder, '.millrace') };
const { status } = spawnSync(process.execPath, [bin, 'pack', 'model'], { cwd: folder, stdio: 'inherit', env });
if (status !== 0) process.exit(status ?? 1);

stdout.write(`\n$ millrace serve mri@1.0.0 --port ${port}\n`);
const serving = spawn(process.execPath, [bin, 'serve', 'mri@1.0.0', '--port', port], {
  cwd: folder,
  env,
  stdio: ['ignore', 'pipe', 'inherit'],
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => serving.kill(signal));
serving.once('exit', (code) => process.exit(code ?? 1));

for await (const line of createInterface({ input: serving.stdout })) {
  stdout.write(`  ${line}\n`);
  const url = /^ready on (\S+?);/.exec(line)?.[1];
  if (url === undefined) continue;
  for (const name of readdirSync(join(folder, 'phantoms'))) {
    const type = name.endsWith('.jpg') ? 'image/jpeg' : 'image/png';
    stdout.write(`$ curl --data-binary @phantoms/${name} -H 'content-type: ${type}' ${url}/predict/mri\n`);
    const body = new Uint8Array(readFileSync(join(folder, 'phantoms', name)));
    const response = await fetch(`${url}/predict/mri`, { method: 'POST', body, headers: { 'content-type': type } });
    stdout.write(`  ${response.status} ${await response.text()}\n`);
  }
  stdout.write(`\nUp until Ctrl-C. Send a picture of your own, or see ${url}/docs\n`);
}
