/** Who asks: a key, a token, or somebody at a terminal; with a role, and the models that they may touch. */

/** Each may do what those before it may. */
export const roles = ['predict', 'operate', 'admin'] as const;
export type Role = (typeof roles)[number];

export interface Principal {
  /** How histories and the audit name them: the name of a key, the subject of a token, the user at a terminal. */
  readonly name: string;
  readonly role: Role;
  /** Names of models, in which `*` stands for any characters. */
  readonly models: readonly string[];
  /** What vouches for them. Nothing does for a name that somebody at a terminal claims. */
  readonly by: 'key' | 'token' | 'claim';
  /** The id of the key; undefined without one. Its secret is nowhere. */
  readonly keyId?: string | undefined;
}

/** Whether a role may do what another one is needed for. */
export const reaches = (role: Role, needed: Role): boolean => roles.indexOf(role) >= roles.indexOf(needed);

/** Somebody at a terminal, who has the registry's database anyway: nothing vouches for the name. */
export const claimed = (name: string): Principal => ({ name, role: 'admin', models: ['*'], by: 'claim' });
