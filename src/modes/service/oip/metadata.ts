/** What the protocol tells of the server and its models, whichever transport asks. */
import { version } from '../../../version.ts';
import type { ModelTable } from '../models.ts';
import type { Slot } from '../slot.ts';
import { outsideOf } from '../told.ts';
import type { TensorBinding } from './signature.ts';

export const serverMetadata = () => ({
  name: 'millrace',
  version: version(),
  extensions: ['binary_tensor_data', 'model_repository'],
});

const described = ({ name, datatype, shape }: TensorBinding) => ({ name, datatype, shape });

/** @throws UNKNOWN_MODEL, UNKNOWN_VERSION; what loading throws */
export const modelMetadata = async (models: ModelTable, model: string, version: string | undefined) => {
  const { name, manifest, tensors, digest, isolation, rowMs, pool, scorer } = await models.get(model, version);
  const versions = models.slots.flatMap(({ card, state }) =>
    card?.name === name && state !== 'unloaded' ? card.version : [],
  );
  return {
    name,
    versions: [...new Set(versions)],
    platform: `${manifest.runtime}_millrace`,
    inputs: tensors.inputs.map(described),
    outputs: tensors.outputs.map(described),
    // Of this server: which package it is, what answers for it, and where it runs.
    parameters: {
      digest,
      runtime: scorer.graph.runtime?.name ?? manifest.runtime,
      isolation,
      row_ms: rowMs,
      ...(pool && { workers: pool.size, workers_ready: pool.ready }),
    },
  };
};

const stateOf = ({ state }: Slot): string =>
  // One that was put aside to make room answers all the same: its next request loads it.
  state === 'ready' || state === 'evicted' ? 'READY' : state === 'loading' ? 'LOADING' : 'UNAVAILABLE';

/** One entry a reference, of models that `touches` lets through; only those that answer when `ready` is true. */
export const repositoryIndex = (
  { slots }: ModelTable,
  ready: boolean,
  touches: (model: string) => boolean = () => true,
) =>
  slots
    .filter(({ card, ref }) => touches(card?.name ?? ref))
    .map((slot) => ({
      name: slot.card?.name ?? slot.ref,
      version: slot.card?.version ?? '',
      state: stateOf(slot),
      reason:
        slot.state === 'unloaded' && !slot.problem ? 'unloaded' : slot.problem ? outsideOf(slot.problem).message : '',
    }))
    .filter(({ state }) => !ready || state === 'READY');
