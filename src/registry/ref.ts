import { fail, show } from '../core/errors.ts';
import { isVersion } from './semver.ts';

/** What a reference to a model can be. */
export type Ref =
  | { readonly kind: 'version'; readonly name: string; readonly version: string }
  | { readonly kind: 'environment'; readonly name: string; readonly environment: string }
  /** `digest` is `sha256:` and at least 8 hexadecimal digits. */
  | { readonly kind: 'digest'; readonly name: string; readonly digest: string }
  | { readonly kind: 'latest'; readonly name: string }
  | { readonly kind: 'path'; readonly path: string };

const word = /^[a-z0-9](?:[a-z0-9._-]{0,126}[a-z0-9])?$/;
const prefix = /^sha256:[0-9a-f]{8,64}$/;
const looksLikePath = /[\\/]|^\.|\.tar(?::\w[\w.-]*)?$/;

const EXPECTED = 'name@1.2.0, name@production, name@sha256:…, name, or a path such as ./folder or model.tar';

/** Names of models and of environments: lower-case letters, digits and . _ - between them, at most 128. */
export const isName = (text: string): boolean => word.test(text);

/**
 * Reads a reference. What exists on disk is for the caller to find out: `ride` is read as a name here, `./ride` as a
 * path.
 *
 * @throws BAD_REF
 */
export const parseRef = (text: string): Ref => {
  if (looksLikePath.test(text)) return { kind: 'path', path: text };
  const [name = '', ...rest] = text.split('@');
  const refuse = (what: string) =>
    fail('BAD_REF', `${show(text)} is not a reference to a model: ${what}`, { expected: EXPECTED, got: show(text) });
  if (rest.length > 1) throw refuse('it has more than one @');
  if (!isName(name)) throw refuse(`${show(name)} is not a name (lower-case letters, digits and . _ - between them)`);
  const [at] = rest;
  if (at === undefined) return { kind: 'latest', name };
  if (isVersion(at)) return { kind: 'version', name, version: at };
  if (prefix.test(at)) return { kind: 'digest', name, digest: at };
  if (at.startsWith('sha256:')) throw refuse('a digest is sha256: and 8 to 64 hexadecimal digits in lower case');
  if (/^v?\d/.test(at)) throw refuse(`${show(at)} is not a version of three numbers, such as 1.2.0`);
  if (!isName(at)) throw refuse(`${show(at)} is neither a version, an environment nor a digest`);
  return { kind: 'environment', name, environment: at };
};
