import { registryContract } from './contracts/registry.ts';
import { stores } from './contracts/stores.ts';

for (const store of stores()) registryContract(store);
