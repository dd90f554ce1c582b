/** The web service as a whole: models, dataplane, transports, from the first load to the last answer. */
import type { AddressInfo } from 'node:net';
import { createDataplane, type Dataplane } from './dataplane.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { createModels, type ModelSource } from './models.ts';
import { createRest } from './rest/server.ts';

export interface ServiceOptions {
  /** What to serve; the first reference of a name is what the bare name answers with. */
  readonly refs: readonly string[];
  readonly source: ModelSource;
  readonly limits?: Partial<Limits>;
}

export interface Service {
  readonly plane: Dataplane;
  /** Listens, and resolves with the address as `http://host:port`. Port 0 takes any free one. */
  listen(at: { readonly host: string; readonly port: number }): Promise<string>;
  /** Not ready first; then, after `lameDuckMs`, finishes what is in flight, and stops. */
  close(options?: { readonly lameDuckMs?: number }): Promise<void>;
}

/** Loads the models. @throws MillraceError when one of them cannot be served. */
export const createService = async ({ refs, source, limits: given }: ServiceOptions): Promise<Service> => {
  const limits: Limits = Object.freeze({ ...defaultLimits, ...given });
  const models = createModels({ source, limits });
  for (const ref of refs) await models.load(ref);
  const plane = createDataplane(models, limits);
  const health = { ready: true };
  const rest = await createRest(plane, health);

  return {
    plane,
    async listen({ host, port }) {
      await rest.listen({ host, port });
      const address = rest.server.address() as AddressInfo;
      const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address;
      return `http://${shown}:${address.port}`;
    },
    async close({ lameDuckMs = 0 } = {}) {
      health.ready = false;
      if (lameDuckMs > 0) await new Promise((resolve) => setTimeout(resolve, lameDuckMs));
      await rest.close();
      await models.close();
    },
  };
};
