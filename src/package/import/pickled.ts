/**
 * What a pickle says that it makes, read and never run: names of classes and functions, as its opcodes GLOBAL and STACK_GLOBAL
 * have them (https://docs.python.org/3/library/pickletools.html).
 */

/** The opcode PROTO with protocols 2 to 5. */
const BINARY = ['\x80\x02', '\x80\x03', '\x80\x04', '\x80\x05'];
const IN_TEXT = /^(?:c[A-Za-z_][\w.]*\n\w+\n|[(\]}](?:lp\d+\n|dp\d+\n|q[\s\S]))/;
const GLOBAL = /c([A-Za-z_][\w.]*)\n([A-Za-z_]\w*)\n/g;
const STACK_GLOBAL = /\x8c[\s\S]([A-Za-z_][\w.]*)\x94\x8c[\s\S]([A-Za-z_]\w*)\x94\x93/g;

/** What any object may be made with. */
const BY_THE_WAY =
  /^(?:builtins|__builtin__|collections|copyreg|copy_reg|_codecs|functools|numpy|pandas|joblib)(?:\.|$)/;

/** Whether it begins as pickles do, of any protocol. */
export const isPickle = (head: string): boolean => BINARY.some((begin) => head.startsWith(begin)) || IN_TEXT.test(head);

/** The class of what is pickled, as far as it can be told: `sklearn.pipeline.Pipeline`. */
export const pickledClass = (head: string): string | undefined => {
  const found = [...head.matchAll(GLOBAL), ...head.matchAll(STACK_GLOBAL)].sort((a, b) => a.index - b.index);
  const own = found.find(([, module]) => !BY_THE_WAY.test(module)) ?? found[0];
  return own && `${own[1]}.${own[2]}`;
};
