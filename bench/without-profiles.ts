/** `node --import without-profiles.ts …`: what is answered is counted by nothing, as a yardstick for what counting costs. */
import { registerHooks } from 'node:module';

/** By the end of a module's name: what it exports, and what does nothing in its place. */
const nothing: Readonly<Record<string, readonly [name: string, instead: string]>> = {
  '/src/monitor/counter.ts': ['createCounter', '() => ({ count() {}, failed() {}, close: async () => {} })'],
  '/src/monitor/profile/counting.ts': ['startCounting', '() => ({ add() {}, profile: () => ({}) })'],
};

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    const found = Object.keys(nothing).find((end) => url.endsWith(end));
    if (found === undefined) return loaded;
    const [name, instead] = nothing[found];
    const source = String(loaded.source).replace(`export const ${name} =`, 'export const counted =');
    return { ...loaded, source: `${source}\nexport const ${name} = ${instead};\n` };
  },
});
