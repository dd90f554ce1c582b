/** The packages that references mean: of a folder, of a file, of the registry. */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fail, MillraceError } from '../core/errors.ts';
import type { Package } from '../package/layout.ts';
import type { Packed, PackOptions } from '../package/pack.ts';
import type { ReferenceChunk } from '../package/reference-profile.ts';
import { parseRef } from '../registry/ref.ts';
import type { ProofOptions } from '../workers/proof.ts';
import type { Scorers } from './scorers.ts';
import type { Stores } from './stores.ts';

export interface Packages {
  /** Packs a folder with a `model.yaml`; a relative one starts from `cwd`. @throws what `packFolder` throws. */
  pack(folder: string, options?: Pick<PackOptions, 'onProgress'> & ProofOptions): Promise<Packed>;
  /**
   * The package that a reference means: a folder with a `model.yaml` is packed in memory, a package file or a folder with
   * an OCI image layout is read (`path:tag` where it has several), and anything else is looked up in the registry.
   *
   * @throws BAD_REF, FILE_NOT_FOUND, DAMAGED_PACKAGE; what `pack` and `Registry.resolve` throw.
   */
  open(ref: string): Promise<Package>;
  /** As `open`, for a reference to the registry. */
  openRegistered(ref: string): Promise<Package>;
  /** A reference that stands in the project's file, as `open` takes it: paths there start from the project's folder. */
  placedRef(ref: string): string;
}

export interface PackagesOptions extends Pick<Stores, 'lookup'>, Pick<Scorers, 'load'> {
  /** The folders that paths start from: of the caller, and of the project. */
  readonly cwd: string;
  readonly folder: string;
}

/** A file of any format that `files` reads; each of its rows must be readable. */
async function* readReference(path: string): AsyncGenerator<ReferenceChunk> {
  const { formatOf, readTable } = await import('../files/index.ts');
  const coerce = formatOf(path) === 'csv';
  for await (const { columns, rejects } of readTable(path)) {
    const [reject] = rejects;
    if (reject) {
      const { code: _, message, ...details } = reject.problem;
      throw fail('BAD_REFERENCE', `${path}, row ${reject.row}: ${message}`, details);
    }
    yield { columns, coerce };
  }
}

/** A path, and the tag behind it that tells which model of a layout is meant; a file that has a colon in its name is that. */
const taggedPath = (path: string): { readonly path: string; readonly tag?: string } => {
  const [, before, tag] = /^(.+):(\w[\w.-]{0,127})$/.exec(path) ?? [];
  return before === undefined || existsSync(path) || !existsSync(before) ? { path } : { path: before, tag };
};

const isFolder = async (path: string, given: string): Promise<boolean> => {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw fail('FILE_NOT_FOUND', `There is no ${given}`, {
      expected: 'a folder with model.yaml, or a package file',
      got: given,
      cause,
    });
  }
};

export const createPackages = ({ cwd, folder, lookup, load }: PackagesOptions): Packages => {
  const pack: Packages['pack'] = async (given, { onProgress, ...limits } = {}) => {
    const [{ packFolder }, { loadProven }] = await Promise.all([
      import('../package/pack.ts'),
      import('../workers/safely.ts'),
    ]);
    const loadDraft = (draft: Package) => loadProven(draft, load, limits);
    return packFolder(resolve(cwd, given), { onProgress, load: loadDraft, readReference });
  };

  const openPath = async (given: string): Promise<Package> => {
    const { path, tag } = taggedPath(resolve(cwd, given));
    if (!(await isFolder(path, given))) {
      const { openPackage } = await import('../package/open.ts');
      return openPackage(await readFile(path), tag);
    }
    if (!existsSync(join(path, 'oci-layout'))) return (await pack(path)).package;
    const [{ readLayoutFolder }, { openLayout }] = await Promise.all([
      import('../package/layout-folder.ts'),
      import('../package/layout.ts'),
    ]);
    return openLayout(await readLayoutFolder(path), tag);
  };

  const openRegistered: Packages['openRegistered'] = async (ref) => {
    const { blobs, find } = await lookup();
    const { digest, blobs: digests } = await find(ref);
    const bytes = await Promise.all(digests.map(async (blob) => [blob, await blobs.get(blob)] as const));
    const { openBlobs } = await import('../package/layout.ts');
    return openBlobs(digest, new Map(bytes));
  };

  const open: Packages['open'] = async (ref) => {
    const parsed = parseRef(ref);
    if (parsed.kind === 'path') return openPath(parsed.path);
    try {
      return await openRegistered(ref);
    } catch (error) {
      const mayBePath = error instanceof MillraceError && error.code === 'UNKNOWN_MODEL' && parsed.kind === 'latest';
      if (!mayBePath || !existsSync(resolve(cwd, ref))) throw error;
      throw fail('UNKNOWN_MODEL', `${error.message}; for the path write ./${ref}`, {
        expected: error.problem.expected ?? 'a registered model',
        got: ref,
        cause: error,
      });
    }
  };

  const placedRef = (ref: string): string => (parseRef(ref).kind === 'path' ? resolve(folder, ref) : ref);

  return { pack, open, openRegistered, placedRef };
};
