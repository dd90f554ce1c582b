import { fileURLToPath } from 'node:url';

/** Where the script lies that writes a model folder where the model was trained: millrace_export.py. */
export const exportScript = (): string => fileURLToPath(new URL('../python/millrace_export.py', import.meta.url));
