/** A disk with little room, for a process that a test starts: a real one where a mount namespace can be had. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** As a user, who is root in a namespace of their own; as root without user namespaces; else a limit on the size of files. */
const namespaces = [
  ['unshare', '--user', '--map-root-user', '--mount'],
  ['unshare', '--mount'],
] as const;

const works = ([command, ...flags]: readonly string[] = []): boolean => {
  const mount = 'mount -t tmpfs -o size=64k none /tmp && test "$(stat -f -c %T /tmp)" = tmpfs';
  return command !== undefined && spawnSync(command, [...flags, 'sh', '-c', mount]).status === 0;
};
// SMALL_DISK=limit: as where there are no namespaces.
const namespace = process.env.SMALL_DISK === 'limit' ? undefined : namespaces.find(works);

/** What the tests stand on here. */
export const way = namespace
  ? `a full file system (tmpfs, ${namespace.join(' ')})`
  : 'a limit on the size of files (ulimit -f), as no mount namespace can be had';
export const isDisk = namespace !== undefined;

export interface Stay {
  /** The folder that is a small disk meanwhile. What lies in it, lies in it before and after. */
  readonly place: string;
  /** Bytes of the disk. */
  readonly size: number;
  /** The most that a file may have in bytes, where there is no such disk. */
  readonly limit: number;
  /** Only that limit, also where there could be such a disk. */
  readonly isLimit?: boolean;
  /** Arguments for `node`, of one process after another; the last of them has room: what the others called `ballast` goes. */
  readonly calls: readonly (readonly string[])[];
}

const mounted = `
  set -e
  cp -a "$PLACE"/. "$KEPT"/before
  mount -t tmpfs -o size="$SIZE" none "$PLACE"
  cp -a "$KEPT"/before/. "$PLACE"/
  cd /
  set +e
`;

/** Does the calls and resolves to what they said on standard output, one text each. */
export const onSmallDisk = ({ place, size, limit, isLimit = false, calls }: Stay): readonly string[] => {
  const around = isLimit ? undefined : namespace;
  const kept = mkdtempSync(join(tmpdir(), 'millrace-kept-'));
  try {
    for (const name of ['before', 'after']) mkdirSync(join(kept, name));
    const said = (index: number): string => `"$KEPT"/said-${index}`;
    const lines = calls.map((words, index) => {
      const call = `"$NODE" ${words.map((word) => `'${word}'`).join(' ')} > ${said(index)} 2>&1`;
      if (index === calls.length - 1) return `rm -f "$PLACE"/ballast; ${call}`;
      return around ? call : `(ulimit -f ${Math.ceil(limit / 512)}; ${call})`;
    });
    const script = `${around ? mounted : ''}${lines.join('\n')}\ncp -a "$PLACE"/. "$KEPT"/after\ncat "$KEPT"/said-*`;
    const [command = 'sh', ...flags] = around ? [...around, 'sh'] : ['sh'];
    const env = { ...process.env, PLACE: place, KEPT: kept, SIZE: String(size), NODE: process.execPath };
    const { stdout, stderr, error } = spawnSync(command, [...flags, '-c', script], { env, encoding: 'utf8' });
    if (error) throw error;
    if (stderr !== '') throw new Error(`${stderr}${stdout}`);
    rmSync(place, { recursive: true });
    cpSync(join(kept, 'after'), place, { recursive: true });
    return stdout.trimEnd().split('\n');
  } finally {
    rmSync(kept, { recursive: true, force: true });
  }
};
