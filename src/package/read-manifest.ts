/** The manifest of a package, model.json, as it is found. Web-standard. */
import { loadKinds } from '../core/kinds/index.ts';
import { loadSteps } from '../core/steps/index.ts';
import type { Manifest } from '../core/types.ts';
import { manifestSchema } from './manifest-schema.ts';
import { fitting, jsonOf } from './suspicion.ts';

const MANIFEST = 'model.json';

/** What stands in a part of it, whatever that is. */
const valuesIn = (value: unknown): readonly unknown[] =>
  typeof value === 'object' && value !== null ? Object.values(value) : [];

const kindIn = (field: unknown): readonly string[] => {
  const { kind } = Object(field);
  return typeof kind === 'string' ? [kind] : [];
};

/** Loads the kinds and steps that what may be a manifest names. @throws NOT_LOADED */
export const loadParts = async (value: unknown): Promise<void> => {
  const { inputs, outputs, prepare } = Object(value);
  await Promise.all([
    loadKinds([...valuesIn(inputs), ...valuesIn(outputs)].flatMap(kindIn)),
    loadSteps(valuesIn(prepare).flatMap((step) => Object.keys(Object(step)))),
  ]);
};

/** The kinds and steps that it names are loaded before it is held against what these may say. @throws DAMAGED_PACKAGE, NOT_LOADED */
export const readManifest = async (bytes: Uint8Array): Promise<Manifest> => {
  const value = jsonOf(MANIFEST, bytes);
  await loadParts(value);
  return fitting(MANIFEST, value, manifestSchema());
};
