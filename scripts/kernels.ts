/** `npm run kernel`: assembles the kernels and writes their bytes to the modules that hold them; a test holds the two together. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import wabt from 'wabt';
import { profileKernel } from './profile-kernel.ts';
import { sieveKernel } from './sieve-kernel.ts';
import { treesKernel } from './trees-kernel.ts';

const source = join(import.meta.dirname, '..', 'src');
const folder = join(source, 'runtimes', 'trees');
const profile = join(source, 'monitor', 'profile');

interface KernelSource {
  readonly script: string;
  readonly text: () => string;
  /** Where its bytes stand, and under what name. */
  readonly file: string;
  readonly name: string;
}

export const kernels: readonly KernelSource[] = [
  { script: 'trees-kernel.ts', text: treesKernel, file: join(folder, 'kernel-bytes.ts'), name: 'KERNEL_BYTES' },
  { script: 'sieve-kernel.ts', text: sieveKernel, file: join(folder, 'sieve', 'kernel-bytes.ts'), name: 'SIEVE_BYTES' },
  { script: 'profile-kernel.ts', text: profileKernel, file: join(profile, 'kernel-bytes.ts'), name: 'PROFILE_BYTES' },
];

const assemble = async (text: string): Promise<Uint8Array> => {
  const module = (await wabt()).parseWat('kernel.wat', text);
  try {
    module.validate();
    return module.toBinary({ log: false, write_debug_names: false }).buffer;
  } finally {
    module.destroy();
  }
};

/** The module that holds a kernel's bytes. */
export const moduleOf = async ({ script, text, name }: KernelSource): Promise<string> =>
  `/** The kernel of \`scripts/${script}\`, written by \`npm run kernel\`. */
export const ${name} =
  '${Buffer.from(await assemble(text())).toString('hex')}';
`;

if (import.meta.main) for (const kernel of kernels) writeFileSync(kernel.file, await moduleOf(kernel));
