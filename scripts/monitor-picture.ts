/**
 * Draws docs/images/monitor.png: the page of `millrace monitor report`, as the story of the weather leaves it.
 *
 *     node scripts/monitor-picture.ts
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tellDriftStory } from '../examples/taxi/drift.ts';
import { openBrowser } from '../test/browser/browser.ts';

const WIDTH = 900;
const HEIGHT = 1640;

const home = await mkdtemp(join(tmpdir(), 'millrace-picture-'));
const browser = await openBrowser();
try {
  const { page: path } = await tellDriftStory({
    home,
    days: 7,
    rainFrom: 3,
    ridesADay: 1000,
    labelsAfter: 2,
    begin: new Date('2026-10-26T00:00:00Z'),
    say: () => {},
  });
  const page = await browser.newPage({ viewport: { width: WIDTH, height: HEIGHT }, colorScheme: 'light' });
  await page.setContent(await readFile(path, 'utf8'));
  await page.screenshot({ path: join(import.meta.dirname, '../docs/images/monitor.png') });
} finally {
  await browser.close();
  await rm(home, { recursive: true, force: true });
}
