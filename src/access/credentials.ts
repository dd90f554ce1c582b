/** What comes with a call and says who asks. */

export interface CredentialHeaders {
  readonly authorization?: string | undefined;
  readonly 'x-api-key'?: string | readonly string[] | undefined;
}

const SCHEME = /^(Bearer|Basic) +(\S+) *$/i;
/** As long as a key or token may be: no more of a header is looked at. */
const MOST_CHARACTERS = 8192;

/** The password of Basic (RFC 7617), whoever the user is said to be: it is how browsers ask people for a key. */
const passwordOf = (encoded: string): string => {
  const text = Buffer.from(encoded, 'base64').toString();
  return text.slice(text.indexOf(':') + 1);
};

/** A key or a token: the value of `x-api-key`, else what stands behind `Bearer` or is the password of `Basic`. */
export const credentialOf = ({ authorization, 'x-api-key': key }: CredentialHeaders): string | undefined => {
  if (typeof key === 'string') return key.length > MOST_CHARACTERS ? undefined : key;
  if (authorization === undefined || authorization.length > MOST_CHARACTERS) return undefined;
  const [, scheme, value] = SCHEME.exec(authorization) ?? [];
  return scheme === undefined || scheme.toLowerCase() === 'bearer' ? value : passwordOf(value);
};

/** Whether a browser may have sent it by itself, so that a foreign page may have asked for the call. */
export const isAmbient = ({ authorization, 'x-api-key': key }: CredentialHeaders): boolean =>
  key === undefined && !/^Bearer /i.test(authorization ?? '');
