/** What people do to a registry through a service: each act by name, as its address has it. */
import type { Pass } from '../../access/pass.ts';

/** What stands in the body of a call. */
export type AskedAct = Readonly<Record<string, unknown>>;

/** Does it as whoever asks, and answers with what there is to tell. @throws BAD_REQUEST; what it throws at a terminal */
export type Act = (asked: AskedAct, by: Pass) => Promise<unknown>;

/** By names such as `keys/create`. */
export type Acts = Readonly<Record<string, Act>>;
