/** Something that is opened on the first call, is the same one after that, and can be closed once it was opened. */
export interface Once<T> {
  readonly isOpened: boolean;
  /** @throws what opening throws, each time. */
  get(): Promise<T>;
  /** What could not be opened, whoever asked for it has heard. */
  close(): Promise<void>;
}

export const once = <T extends { close(): Promise<void> }>(open: () => Promise<T>): Once<T> => {
  let opened: Promise<T> | undefined;
  return {
    get isOpened() {
      return opened !== undefined;
    },
    get: () => {
      opened ??= open();
      return opened;
    },
    close: async () => {
      const found = await opened?.catch(() => undefined);
      await found?.close();
    },
  };
};
