/** A run without its effects: the first rows are read and scored, and both ends looked at. */
import { fail } from '../../core/errors.ts';
import type { Package } from '../../package/layout.ts';
import { propose } from './agree.ts';
import { type EndsOptions, withEnds } from './ends.ts';
import type { BatchHost } from './host.ts';
import type { Ledger } from './ledger/ledger.ts';
import { prepareRows, score } from './score.ts';
import { WHOLE } from './window.ts';

export interface RehearseOptions extends EndsOptions {
  /** The package that the deployment's reference means now. */
  readonly found: Package;
  /** What is there may be replaced, whoever made it. */
  readonly force?: boolean | undefined;
}

/** Resolves to what the deployment would do, without doing any of it. @throws what would make a run fail at its start. */
export const rehearse = async (host: BatchHost, ledger: Ledger, options: RehearseOptions) => {
  const { deployment, window, found, force = false } = options;
  const { name, key, columns } = deployment;
  const { manifest } = found;
  const scorer = await host.load(found, { threads: 0, rowMs: deployment.rowMs });
  try {
    return await withEnds(host, ledger, options, async ({ source, sink }) => {
      for await (const chunk of source.read()) {
        const before = (await ledger.lastFinished(name))?.plan;
        const run = { id: 'dry-run', deployment: name, digest: found.digest };
        const plan = await propose({ run, manifest, source, sink, key, columns, before, isForced: force }, chunk);
        const scored = await score(scorer, chunk, source);
        const prepared = prepareRows(scored, {
          plan,
          manifest,
          cells: source.cells,
          isTyped: sink.isTyped,
          at: host.clock().getTime(),
        });
        return {
          deployment: name,
          scope: window?.label ?? WHOLE,
          model: manifest.name,
          version: manifest.version,
          digest: found.digest,
          source: source.name,
          sink: sink.name,
          columns: plan.columns,
          key: plan.key,
          rows: prepared.rows,
          notes: chunk.notes ?? [],
          looked_at: chunk.rows + chunk.rejects.length,
          rejects: prepared.rejects,
        };
      }
      throw fail('INTERNAL', `${source.name} told nothing of its columns.`);
    });
  } finally {
    await scorer.close();
  }
};

/** What a deployment would do. */
export type Rehearsal = Awaited<ReturnType<typeof rehearse>>;
