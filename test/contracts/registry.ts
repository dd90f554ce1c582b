import { after, describe, it } from 'node:test';
import { registryEnvironments } from './registry-environments.ts';
import { registryGates } from './registry-gates.ts';
import { registryReferences } from './registry-references.ts';
import { registryVersions } from './registry-versions.ts';
import type { Empty } from './registry-world.ts';
import { type Opened, type OpenOptions, open, type Place, type Store } from './stores.ts';

/** What every registry promises, wherever it is stored. */
export const registryContract = (store: Store): void => {
  describe(`the registry on ${store.name}`, () => {
    const opened: Opened[] = [];
    const openAt = async (place: Place, options?: OpenOptions): Promise<Opened> => {
      const one = await open(place, options);
      opened.push(one);
      return one;
    };
    const empty: Empty = async (options) => {
      const place = await store.empty();
      return { ...(await openAt(place, options)), again: (other?: OpenOptions) => openAt(place, other ?? options) };
    };

    after(async () => {
      for (const { registry } of opened) await registry.close();
      await store.remove();
    });

    registryVersions(empty);
    registryReferences(empty);
    registryEnvironments(empty);
    registryGates(empty);

    it('survives being closed twice', async () => {
      const { registry } = await empty();
      await registry.close();
      await registry.close();
    });
  });
};
