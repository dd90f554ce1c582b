/** The end of a text that comes in pieces. */

/** How much is kept, in characters. */
const KEPT = 8000;

export interface Tail {
  add(piece: string): void;
  /** Undefined where nothing came. */
  text(): string | undefined;
}

export const keepTail = (): Tail => {
  let kept = '';
  let isCut = false;
  return {
    add: (piece) => {
      const all = kept + piece;
      isCut ||= all.length > KEPT;
      kept = all.slice(-KEPT);
    },
    text: () => (kept === '' ? undefined : `${isCut ? '…' : ''}${kept}`),
  };
};
