/** The models of a service by name and version: loaded, unloaded and replaced while requests come in. */
import { fail, type MillraceError, type Problem, problemOf } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { createLive, type Live } from '../../serving/live.ts';
import { type Card, type LoadModelOptions, loadModel, type Model } from './model.ts';

export type State = 'loading' | 'ready' | 'evicted' | 'unloaded';

/** What is put into service: a reference, and the deployment that it answers for, if it is one's. */
export interface Serving {
  readonly ref: string;
  readonly deployment?: string | undefined;
}

/** A place in the service for what one reference means. */
export interface Slot extends Serving {
  readonly state: State;
  /** What was last loaded here. */
  readonly card: Card | undefined;
  /** Why the last attempt to load or replace it failed. */
  readonly problem: Problem | undefined;
  /** What its reference means now, as far as it is loaded. */
  readonly live: Live<Model>;
  /** What is loaded here now. */
  readonly model: Model | undefined;
}

export interface ModelTable {
  /** In the order in which they were asked for. */
  readonly slots: readonly Slot[];
  /**
   * The version of that name, or the first of that name. One that was put aside to make room is loaded again.
   *
   * @throws MillraceError UNKNOWN_MODEL, UNKNOWN_VERSION; what loading throws.
   */
  get(name: string, version?: string): Model | Promise<Model>;
  /** Adds a reference and loads it. @throws MillraceError */
  add(serving: Serving): Promise<Model>;
  /** Loads every unloaded version of a name. @throws MillraceError UNKNOWN_MODEL; what loading throws. */
  load(name: string): Promise<void>;
  /** Takes a name, or one version of it, out of service; what is in flight is finished. @throws MillraceError */
  unload(name: string, version?: string): Promise<void>;
  /** Closes all; what is still in flight, its callers gone, gets a second. */
  close(): Promise<void>;
}

export interface ModelTableOptions extends LoadModelOptions {
  /** Models kept loaded; the one used least recently is put aside for another. No limit unless given. */
  readonly maxModels?: number | undefined;
}

interface OwnSlot extends Slot {
  state: State;
  card: Card | undefined;
  problem: Problem | undefined;
  /** Rises with every use. */
  used: number;
}

const unknownModel = (name: string, known: readonly string[]): MillraceError => {
  const meant = nearest(name, known);
  return fail('UNKNOWN_MODEL', `No model named ${name} is served here.${meant ? ` Did you mean ${meant}?` : ''}`, {
    expected: known.length === 0 ? 'a model that is loaded' : `one of ${known.join(', ')}`,
    got: name,
  });
};

/** Milliseconds that a run may take whose callers are gone, when all is closed. */
const CLOSE_MS = 1000;

export const createModels = ({ maxModels = Infinity, ...options }: ModelTableOptions): ModelTable => {
  const slots: OwnSlot[] = [];
  let clock = 0;
  let byName = new Map<string, readonly OwnSlot[]>();
  const index = (): void => {
    const serving = slots.filter(({ card, state }) => card !== undefined && state !== 'unloaded');
    byName = Map.groupBy(serving, ({ card }) => card?.name ?? '');
  };

  const takeOut = (slot: OwnSlot, state: State): void => {
    slot.state = state;
    slot.live.putAside();
    index();
  };
  const makeRoom = (kept: OwnSlot): void => {
    const loaded = slots.filter(({ model }) => model !== undefined).sort((a, b) => a.used - b.used);
    const over = loaded.length - maxModels;
    for (const slot of loaded.filter((one) => one !== kept).slice(0, Math.max(0, over))) takeOut(slot, 'evicted');
  };

  const newSlot = (serving: Serving): OwnSlot => {
    const live = createLive<Model>({
      ref: serving.ref,
      source: options.source,
      load: (found, opening) => loadModel(serving, found, opening, options),
      idle: (model) => model.idle(),
      onOpened(model) {
        Object.assign(slot, { card: model, state: 'ready', problem: undefined, used: ++clock });
        index();
        makeRoom(slot);
      },
      onFailed(error) {
        slot.problem = problemOf(error);
        if (live.current === undefined) slot.state = slot.card ? 'evicted' : 'unloaded';
      },
    });
    const slot: OwnSlot = {
      ...serving,
      live,
      get model() {
        return live.current;
      },
      state: 'unloaded',
      card: undefined,
      problem: undefined,
      used: 0,
    };
    return slot;
  };
  const load = (slot: OwnSlot): Promise<Model> => {
    if (slot.model === undefined) slot.state = 'loading';
    return slot.live.open();
  };

  const named = (name: string): readonly OwnSlot[] => slots.filter(({ card }) => card?.name === name);
  const names = (): readonly string[] => [...new Set(slots.flatMap(({ card }) => card?.name ?? []))];

  return {
    slots,
    get(name, version) {
      const own = byName.get(name);
      if (own === undefined) throw unknownModel(name, [...byName.keys()]);
      const slot = version === undefined ? own[0] : own.find(({ card }) => card?.version === version);
      if (slot === undefined) {
        const known = own.map(({ card }) => card?.version).join(', ');
        throw fail('UNKNOWN_VERSION', `${name} is not served in version ${version}; it is in ${known}.`, {
          expected: `one of ${known}`,
          got: `${version}`,
        });
      }
      slot.used = ++clock;
      return slot.model ?? load(slot);
    },
    async add(serving) {
      const slot = newSlot(serving);
      const model = await load(slot);
      slots.push(slot);
      index();
      makeRoom(slot);
      return model;
    },
    async load(name) {
      const own = named(name);
      if (own.length === 0) throw unknownModel(name, names());
      for (const slot of own) if (slot.model === undefined) await load(slot);
    },
    async unload(name, version) {
      const own = named(name).filter(({ card }) => version === undefined || card?.version === version);
      if (own.length === 0) throw unknownModel(name, names());
      for (const slot of own) {
        await slot.live.opening?.catch(() => undefined);
        takeOut(slot, 'unloaded');
      }
    },
    async close() {
      for (const slot of slots) slot.state = 'unloaded';
      index();
      await Promise.all(slots.map(({ live }) => live.close(CLOSE_MS)));
    },
  };
};
