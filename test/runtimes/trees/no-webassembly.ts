/** Imported first, this makes of Node a page whose Content-Security-Policy forbids WebAssembly. */
WebAssembly.compile = () => Promise.reject(new WebAssembly.CompileError('blocked by Content Security Policy'));
