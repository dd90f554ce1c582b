const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes as text, every one of them, a byte order mark too; undefined for what is not UTF-8. */
export const utf8Of = (bytes: Uint8Array): string | undefined => {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
};
