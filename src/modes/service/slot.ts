/** A place in the service for what one reference means: loaded, put aside, loaded again. */
import { type Problem, problemOf } from '../../core/errors.ts';
import { createLive, type Live } from '../../serving/live.ts';
import { type Card, type LoadModelOptions, loadModel, type Model } from './model.ts';
import type { Routing } from './rollouts/routing.ts';

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
  /** Who else answers here, while there is a rollout. */
  readonly routing: Routing<Model>;
}

/** A slot as its table has it. */
export interface OwnSlot extends Slot {
  /** Rises with every use. */
  used: number;
  /** What its reference means, as soon as it is loaded. @throws what loading throws */
  load(): Promise<Model>;
  /** Lets nothing answer here; what is in flight is finished. */
  takeOut(state: State): void;
}

/** `onReady` is told of every model that is loaded here, in the moment in which it answers. */
export const createSlot = (serving: Serving, options: LoadModelOptions, onReady: (slot: OwnSlot) => void): OwnSlot => {
  const routing: Routing<Model> = { active: undefined };
  const live = createLive<Model>({
    ref: serving.ref,
    source: options.source,
    load: (found, opening) => loadModel({ ...serving, routing }, found, opening, options),
    idle: (model) => model.idle(),
    onOpened(model) {
      Object.assign(slot, { card: model, state: 'ready', problem: undefined });
      onReady(slot);
    },
    onFailed(error) {
      slot.problem = problemOf(error);
      if (live.current === undefined) slot.state = slot.card ? 'evicted' : 'unloaded';
    },
  });
  const slot: OwnSlot & { state: State; card: Card | undefined; problem: Problem | undefined } = {
    ...serving,
    routing,
    live,
    get model() {
      return live.current;
    },
    state: 'unloaded',
    card: undefined,
    problem: undefined,
    used: 0,
    load() {
      if (live.current === undefined) slot.state = 'loading';
      return live.open();
    },
    takeOut(state) {
      slot.state = state;
      live.putAside();
    },
  };
  return slot;
};
