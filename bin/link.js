// Puts the checkout's own command beside those of its dependencies, where npx finds it at once and without a word.
// Without the link npx finds it too, after some warnings; so no failure matters.
import { rmSync, symlinkSync } from 'node:fs';

const link = new URL('../node_modules/.bin/millrace', import.meta.url);
try {
  rmSync(link, { force: true });
  symlinkSync('../../bin/millrace.js', link);
} catch {}
