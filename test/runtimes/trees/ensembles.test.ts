import { ensemblesContract } from './ensembles.ts';

ensemblesContract('WebAssembly');
