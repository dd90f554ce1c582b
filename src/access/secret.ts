/** The secret of a key: 256 random bits behind an id. As nobody can guess it, its plain SHA-256 may be kept. */
import { hash, randomBytes } from 'node:crypto';

const PREFIX = 'mr_';
const ID_BYTES = 5;
const SECRET_BYTES = 32;

export interface NewSecret {
  readonly id: string;
  /** What the caller sends: shown once, and kept nowhere. */
  readonly secret: string;
}

export const newSecret = (): NewSecret => {
  const id = randomBytes(ID_BYTES).toString('hex');
  return { id, secret: `${PREFIX}${id}_${randomBytes(SECRET_BYTES).toString('base64url')}` };
};

/** Whether a text is meant as a key, whatever else it may be. */
export const isSecret = (text: string): boolean => text.startsWith(PREFIX);

/** What is kept of a secret. */
export const hashOf = (secret: string): string => hash('sha256', secret, 'hex');
