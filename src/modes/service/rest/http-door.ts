/** A door for HTTP: it listens itself, or takes what another process accepts, until it is drained. */
import type { Socket } from 'node:net';
import { createIntake, type DrainOptions, drain, type Intake, type ListenPlace, listen } from './listen.ts';
import { createRest, type RestOptions } from './server.ts';

export interface HttpDoor {
  /** Resolves with `http://host:port`. @throws CANNOT_LISTEN */
  listen(place: ListenPlace): Promise<string>;
  /** What takes connections that another process accepts, instead of listening. */
  takeIn(): Promise<(socket: Socket) => void>;
  /** Takes no more connections, and resolves when what came over those that there are is answered. */
  drain(patience: DrainOptions): Promise<void>;
  close(): Promise<void>;
}

export const createHttpDoor = async (options: RestOptions): Promise<HttpDoor> => {
  const app = await createRest(options);
  let intake: Intake | undefined;
  return {
    async listen(place) {
      await app.ready();
      return listen(app.server, place);
    },
    async takeIn() {
      await app.ready();
      intake = createIntake(app.server);
      return intake.accept;
    },
    drain: (patience) => drain(app.server, patience, intake),
    close: () => app.close(),
  };
};
