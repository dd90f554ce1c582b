/** Whether requests may be sent. */
import { lackOf } from './isolation.ts';
import type { ModelTable } from './models.ts';

export interface Health {
  /** True once every model is loaded and while each has somewhere to run, until the service begins to stop. */
  readonly ready: boolean;
  /** No more connections are taken, and those that there are end with their next answer. */
  readonly closing: boolean;
  /** Why it is not ready. */
  readonly reason: string | undefined;
}

/** As the service itself has it. */
export interface OwnHealth extends Health {
  /** What keeps the service itself from being ready, in words; empty when nothing does. */
  obstacles(): readonly string[];
  /** Not ready from now on. */
  stop(): void;
  /** Takes no more connections from now on. */
  close(): void;
}

/** `others` says what keeps others in this process from being ready, in words; nothing unless given. */
export const createOwnHealth = (
  { slots }: Pick<ModelTable, 'slots'>,
  others: () => readonly string[] = () => [],
): OwnHealth => {
  let stopped: string | undefined;
  let closing = false;
  const lack = (): string | undefined =>
    slots.map(({ model }) => model && lackOf(model.name, model.pool)).find((text) => text !== undefined);
  const obstacle = (): string | undefined => stopped ?? lack();
  const reason = (): string | undefined => obstacle() ?? others()[0];
  return {
    get ready() {
      return reason() === undefined;
    },
    get reason() {
      return reason();
    },
    get closing() {
      return closing;
    },
    obstacles: () => [obstacle()].filter((text) => text !== undefined),
    stop() {
      stopped = 'the service is stopping';
    },
    close() {
      closing = true;
    },
  };
};
