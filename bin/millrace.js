#!/usr/bin/env node
// Plain JavaScript that old Nodes can read too: it only finds the Node and the files to run. In a checkout the sources
// run as they are, on the Node that the lockfile pins when this one is too old; an installed package runs `dist`.
import { existsSync, readFileSync } from 'node:fs';
import Module from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (path) => new URL(path, import.meta.url);
const source = here('../src/cli/main.ts');
const inCheckout = existsSync(source);
const needed = 24;

const rerun = (node, { spawn }, { constants }) => {
  const script = fileURLToPath(import.meta.url);
  const child = spawn(node, [script].concat(process.argv.slice(2)), { stdio: 'inherit' });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'];
  let stopped = 0;
  const forward = (signal) => {
    child.kill(signal);
    if (signal !== 'SIGINT' && signal !== 'SIGTERM') return;
    // Signals that come together are one Ctrl-C. A second one ends the command at once, unless code of a package keeps it
    // from ever hearing of it.
    if (stopped && Date.now() - stopped > 250) setTimeout(() => child.kill('SIGKILL'), 1000);
    stopped = stopped || Date.now();
  };
  for (const signal of signals) process.on(signal, forward);
  child.on('error', (error) => {
    process.stderr.write(`millrace could not start ${node}: ${error.message}\n`);
    process.exit(2);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeListener(signal, forward);
    process.kill(process.pid, signal);
    // Where the signal does not end this process, its number says how the child ended, as in a shell.
    setTimeout(() => process.exit(128 + (constants.signals[signal] || 0)), 100);
  });
};

if (parseInt(process.versions.node, 10) >= needed) {
  const cache = Module.enableCompileCache ? Module.enableCompileCache().directory : undefined;
  // Threads and processes that are started from here do not see the call, only the variable.
  if (cache && !process.env.NODE_COMPILE_CACHE) process.env.NODE_COMPILE_CACHE = dirname(cache);
  import(inCheckout ? source.href : here('../dist/cli-main.js').href).then((main) => main.run());
} else {
  const pinned = fileURLToPath(here(`../node_modules/node/bin/node${process.platform === 'win32' ? '.exe' : ''}`));
  if (inCheckout && existsSync(pinned))
    Promise.all([import('node:child_process'), import('node:os')]).then((both) => rerun(pinned, both[0], both[1]));
  else {
    const { name, version } = JSON.parse(readFileSync(here('../package.json'), 'utf8'));
    const advice = inCheckout ? `run npm ci here, which brings it` : `install it from https://nodejs.org`;
    process.stderr.write(
      `${name} ${version} needs Node ${needed} or later, and this is ${process.version}: ${advice}.\n`,
    );
    process.exit(2);
  }
}
