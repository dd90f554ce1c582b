import './no-webassembly.ts';
import { ensemblesContract } from './ensembles.ts';

ensemblesContract('JavaScript');
