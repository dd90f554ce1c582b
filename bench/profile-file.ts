/** `node profile-file.ts <file> <read | count>`: reads a table, counts its columns or not, and prints what that took. */
import type { Fields } from '../src/core/types.ts';
import { readTable } from '../src/files/index.ts';
import { type Counting, startCounting } from '../src/monitor/profile/counting.ts';
import { binsOf, referenceOf } from '../src/monitor/profile/reference.ts';

const [file, how] = process.argv.slice(2);
let counting: Counting | undefined;
let values = 0;
const before = process.cpuUsage();
for await (const { columns, rows, release } of readTable(file)) {
  values += rows * Object.keys(columns).length;
  if (how === 'count') {
    if (counting === undefined) {
      const fields: Fields = Object.fromEntries(Object.keys(columns).map((name) => [name, { kind: 'number' }]));
      counting = startCounting(fields, binsOf(fields, referenceOf(fields, columns), columns));
    }
    counting.add(columns, rows);
  }
  release?.();
}
counting?.profile();
const { user, system } = process.cpuUsage(before);
const spent = { values, seconds: (user + system) / 1e6, bytes: process.resourceUsage().maxRSS * 1024 };
process.stdout.write(JSON.stringify(spent));
