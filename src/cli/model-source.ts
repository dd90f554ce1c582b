import type { App } from '../app.ts';
import { parseRef } from '../registry/ref.ts';
import type { ModelSource } from '../serving/source.ts';

/** Packages out of a folder, a file or the registry; environments of the registry are followed. */
export const modelSource = (app: App): ModelSource => ({
  open: (ref) => app.open(app.placedRef(ref)),
  load: app.load,
  resolve: async (ref) => (parseRef(ref).kind === 'environment' ? (await app.lookup()).resolve(ref) : undefined),
});
