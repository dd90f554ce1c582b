/**
 * Signatures of packages: Ed25519 (RFC 8032) over the descriptor of the package's OCI manifest, in a DSSE envelope (secure-systems-lab,
 * DSSE v1.0.2), so that others can make and check them with tools of their own.
 *
 * Invariant: an envelope that holds is byte for byte the one that its signer wrote; any other text is refused.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { fail } from '../core/errors.ts';
import type { Package } from './layout.ts';
import { mediaTypes } from './oci.ts';

/** What is signed: an OCI descriptor (OCI image-spec, descriptor). */
const PAYLOAD_TYPE = 'application/vnd.oci.descriptor.v1+json';

/** What is signed of a package. */
export type SignedPackage = Pick<Package, 'digest' | 'blobs'>;

/** The key of a signature, found by its id. */
export type SigningKey = KeyObject;

const payloadOf = ({ digest, blobs }: SignedPackage): Buffer =>
  Buffer.from(JSON.stringify({ mediaType: mediaTypes.manifest, digest, size: blobs.get(digest)?.length ?? 0 }));

/** Pre-authentication encoding (DSSE v1.0.2, protocol). */
const pae = (payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `), payload]);

/** `sha256:` and the digest of the public key in DER (SubjectPublicKeyInfo, RFC 8410). */
export const keyIdOf = (key: KeyObject): string => {
  const open = key.type === 'private' ? createPublicKey(key) : key;
  const der = open.export({ type: 'spki', format: 'der' });
  return `sha256:${createHash('sha256').update(der).digest('hex')}`;
};

const envelopeOf = (payload: Buffer, keyid: string, sig: string): string =>
  JSON.stringify({
    payload: payload.toString('base64'),
    payloadType: PAYLOAD_TYPE,
    signatures: [{ keyid, sig }],
  });

/** The envelope, as text. The same package and key give the same one. */
export const signPackage = (found: SignedPackage, key: SigningKey): string => {
  const payload = payloadOf(found);
  return envelopeOf(payload, keyIdOf(key), sign(null, pae(payload), key).toString('base64'));
};

/** The id that a signature gives for its key; undefined for what is no envelope. It proves nothing. */
export const keyIdIn = (envelope: string): string | undefined => {
  try {
    const { keyid } = JSON.parse(envelope).signatures[0];
    return typeof keyid === 'string' ? keyid : undefined;
  } catch {
    return undefined;
  }
};

const signatureIn = (envelope: string): string | undefined => {
  try {
    const { sig } = JSON.parse(envelope).signatures[0];
    return typeof sig === 'string' ? sig : undefined;
  } catch {
    return undefined;
  }
};

/** Whether the holder of this key has signed this very package, by this very text. */
export const isSignedBy = (found: SignedPackage, envelope: string, key: SigningKey): boolean => {
  const sig = signatureIn(envelope);
  const payload = payloadOf(found);
  if (sig === undefined || envelope !== envelopeOf(payload, keyIdOf(key), sig)) return false;
  const bytes = Buffer.from(sig, 'base64');
  // Base64 can say the same bytes in several ways; one of them is the signer's.
  return bytes.toString('base64') === sig && verify(null, pae(payload), key, bytes);
};

const noKey = (what: string, where: string, cause?: unknown) =>
  fail('USAGE', `${where} holds no ${what} key for signatures; millrace keys signing makes a pair.`, {
    expected: `an Ed25519 ${what} key in PEM`,
    got: where,
    cause,
  });

const readKey = (pem: string, where: string, what: 'private' | 'public'): SigningKey => {
  let key: KeyObject;
  try {
    // A public key can be made of a private one; where one is trusted, no secret may lie.
    if (what === 'public' && !pem.includes('BEGIN PUBLIC KEY')) throw new Error('no public key');
    key = what === 'private' ? createPrivateKey(pem) : createPublicKey(pem);
  } catch (cause) {
    throw noKey(what, where, cause);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw noKey(what, where);
  return key;
};

/** @throws USAGE for what is no Ed25519 key in PEM (PKCS #8). `where` is how messages call it. */
export const privateKey = (pem: string, where: string): SigningKey => readKey(pem, where, 'private');

/** @throws USAGE for what is no Ed25519 key in PEM (SubjectPublicKeyInfo). */
export const publicKey = (pem: string, where: string): SigningKey => readKey(pem, where, 'public');

/** A new pair, both in PEM, and the id that its signatures will have. */
export const newKeyPair = (): { readonly secret: string; readonly open: string; readonly id: string } => {
  const { privateKey: secret, publicKey: open } = generateKeyPairSync('ed25519');
  return {
    secret: secret.export({ type: 'pkcs8', format: 'pem' }).toString(),
    open: open.export({ type: 'spki', format: 'pem' }).toString(),
    id: keyIdOf(open),
  };
};
