/** What `predict` scores is counted as that of other modes, in the same store, so that it is watched with theirs. */
import type { Scorer } from '../core/types.ts';
import { createMinutes } from '../monitor/minutes.ts';
import { readReference } from '../monitor/profile/reference.ts';
import { createLeave, leaving } from '../monitor/scored-rows.ts';
import type { Resources } from '../resources/resources.ts';
import type { SafeOptions } from '../workers/safely.ts';

export interface OnceOptions extends SafeOptions {
  /** The deployment of the project whose rows these are; as the reference is called unless given. */
  readonly deployment?: string | undefined;
}

const nothing = (): undefined => undefined;

/** A path leads to a package too, and so does a model file that is called as a model could be. */
const isRegistered = async ({ lookup }: Resources, ref: string): Promise<boolean> => {
  const registry = await lookup();
  return registry.find(ref).then(
    () => true,
    () => false,
  );
};

/**
 * A scorer whose rows are counted, where there is a registry that may be written to and the package comes from there, or a deployment is
 * named. What the store does not take is lost: the answers are what was asked for.
 *
 * @throws BAD_PROJECT for a deployment that the project has not; what `open` and `loadSafely` throw
 */
export const openOnce = async (resources: Resources, ref: string, options: OnceOptions = {}): Promise<Scorer> => {
  const { deployment = ref, ...safely } = options;
  if (options.deployment !== undefined) resources.project.deployment(options.deployment);
  const found = await resources.open(ref);
  const scorer = await resources.loadSafely(found, safely);
  const isOwn = options.deployment !== undefined || (await isRegistered(resources, ref));
  if (!isOwn || !(await resources.isWritable())) return scorer;

  const { manifest, digest, files } = found;
  const reference = readReference(files.get('profile.json'));
  const served = { model: manifest.name, version: manifest.version, digest, variant: 'stable', deployment };
  let written = Promise.resolve();
  const minutes = createMinutes({
    numberOf: () => 0,
    onMinute({ model: _, at, ...counted }) {
      const minute = { ...served, at: new Date(at).toISOString(), ...counted };
      written = written.then(async () => (await resources.profiles()).add([minute])).catch(nothing);
    },
  });
  // Columns are given back once they are scored, so they are counted before.
  const leave = createLeave({ count: minutes.count, record: nothing, share: 0 });
  const { name, version } = manifest;
  const counted = leaving(scorer, leave, {
    model: { ref, deployment, name, version, digest, manifest, reference },
    idOf: String,
  });
  return {
    ...counted,
    async close() {
      await scorer.close();
      minutes.flush();
      await written;
    },
  };
};
