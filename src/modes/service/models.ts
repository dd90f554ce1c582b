/** The models of a service by name and version: loaded, unloaded and replaced while requests come in. */
import { fail, type MillraceError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import type { LoadModelOptions, Model } from './model.ts';
import { createSlot, type OwnSlot, type Serving, type Slot } from './slot.ts';

export interface ModelTable {
  /** In the order in which they were asked for. */
  readonly slots: readonly Slot[];
  /**
   * The version of that name, or the first of that name. One that was put aside to make room is loaded again.
   *
   * @throws UNKNOWN_MODEL, UNKNOWN_VERSION; what loading throws
   */
  get(name: string, version?: string): Model | Promise<Model>;
  /** Adds a reference and loads it. @throws what loading throws */
  add(serving: Serving): Promise<Model>;
  /** Loads every unloaded version of a name. @throws UNKNOWN_MODEL; what loading throws */
  load(name: string): Promise<void>;
  /** Takes a name, or one version of it, out of service; what is in flight is finished. @throws UNKNOWN_MODEL */
  unload(name: string, version?: string): Promise<void>;
  /** Closes all; what is still in flight, its callers gone, gets a second. */
  close(): Promise<void>;
}

export interface ModelTableOptions extends LoadModelOptions {
  /** Models kept loaded; the one used least recently is put aside for another. No limit unless given. */
  readonly maxModels?: number | undefined;
}

const unknownModel = (name: string, known: readonly string[]): MillraceError => {
  const meant = nearest(name, known);
  return fail('UNKNOWN_MODEL', `No model named ${name} is served here.${meant ? ` Did you mean ${meant}?` : ''}`, {
    expected: known.length === 0 ? 'a model that is loaded' : `one of ${known.join(', ')}`,
    got: name,
  });
};

const unknownVersion = (name: string, version: string, own: readonly Slot[]): MillraceError => {
  const known = own.map(({ card }) => card?.version).join(', ');
  return fail('UNKNOWN_VERSION', `${name} is not served in version ${version}; it is in ${known}.`, {
    expected: `one of ${known}`,
    got: version,
  });
};

/** Milliseconds that a run may take whose callers are gone, when all is closed. */
const CLOSE_MS = 1000;

export const createModels = ({ maxModels = Infinity, ...options }: ModelTableOptions): ModelTable => {
  const slots: OwnSlot[] = [];
  let uses = 0;
  let byName = new Map<string, readonly OwnSlot[]>();
  const index = (): void => {
    const serving = slots.filter(({ card, state }) => card !== undefined && state !== 'unloaded');
    byName = Map.groupBy(serving, ({ card }) => card?.name ?? '');
  };
  const takeOut = (slot: OwnSlot, state: 'evicted' | 'unloaded'): void => {
    slot.takeOut(state);
    index();
  };
  const makeRoom = (kept: OwnSlot): void => {
    const loaded = slots.filter(({ model }) => model !== undefined).sort((a, b) => a.used - b.used);
    const over = loaded.length - maxModels;
    for (const slot of loaded.filter((one) => one !== kept).slice(0, Math.max(0, over))) takeOut(slot, 'evicted');
  };
  const welcome = (slot: OwnSlot): void => {
    index();
    makeRoom(slot);
  };
  /** All of a name, or of one version of it, loaded or not. @throws UNKNOWN_MODEL */
  const named = (name: string, version?: string): readonly OwnSlot[] => {
    const own = slots.filter(({ card }) => card?.name === name && (version === undefined || card.version === version));
    if (own.length === 0) throw unknownModel(name, [...new Set(slots.flatMap(({ card }) => card?.name ?? []))]);
    return own;
  };

  return {
    slots,
    get(name, version) {
      const own = byName.get(name);
      if (own === undefined) throw unknownModel(name, [...byName.keys()]);
      const slot = version === undefined ? own[0] : own.find(({ card }) => card?.version === version);
      if (slot === undefined) throw unknownVersion(name, `${version}`, own);
      slot.used = ++uses;
      return slot.model ?? slot.load();
    },
    async add(serving) {
      const slot = createSlot(serving, options, (ready) => {
        ready.used = ++uses;
        welcome(ready);
      });
      const model = await slot.load();
      slots.push(slot);
      welcome(slot);
      return model;
    },
    async load(name) {
      for (const slot of named(name)) if (slot.model === undefined) await slot.load();
    },
    async unload(name, version) {
      for (const slot of named(name, version)) {
        await slot.live.opening?.catch(() => undefined);
        takeOut(slot, 'unloaded');
      }
    },
    async close() {
      for (const slot of slots) slot.takeOut('unloaded');
      index();
      await Promise.all(slots.map(({ live }) => live.close(CLOSE_MS)));
    },
  };
};
