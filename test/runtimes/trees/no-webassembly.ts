/** Imported first, this makes of Node a page whose Content-Security-Policy forbids WebAssembly. */
WebAssembly.Module = class {
  constructor() {
    throw new WebAssembly.CompileError('blocked by Content Security Policy');
  }
} as unknown as typeof WebAssembly.Module;
