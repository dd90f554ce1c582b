/** The packages that references mean: of a folder, of a file, of the registry. */
import { existsSync } from 'node:fs';
import { open as openFile, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { fail, MillraceError } from '../core/errors.ts';
import type { Package } from '../package/layout.ts';
import type { Packed, PackOptions } from '../package/pack.ts';
import type { ReferenceChunk } from '../package/reference-profile.ts';
import { parseRef } from '../registry/ref.ts';
import type { ProofOptions } from '../workers/proof.ts';
import type { Scorers } from './scorers.ts';
import type { Stores } from './stores.ts';
import type { Trusting } from './trust.ts';

export interface Packages {
  /**
   * Packs a folder with a `model.yaml`, or the one that a model file in it stands for; a relative one starts from `cwd`.
   *
   * @throws what `folderOf` and `packFolder` throw
   */
  pack(folder: string, options?: Pick<PackOptions, 'onProgress' | 'sign'> & ProofOptions): Promise<Packed>;
  /**
   * The package that a reference means: a folder with a `model.yaml` is packed in memory, a package file or a folder with
   * an OCI image layout is read (`path:tag` where it has several), a model file stands for the folder whose `model.yaml` names
   * it, and anything else is looked up in the registry.
   *
   * @throws BAD_REF, FILE_NOT_FOUND, DAMAGED_PACKAGE, UNTRUSTED_PACKAGE, FOREIGN_MODEL; what `pack` and `Registry.resolve` throw.
   */
  open(ref: string): Promise<Package>;
  /** As `open`, for a reference to the registry. */
  openRegistered(ref: string): Promise<Package>;
  /** A reference that stands in the project's file, as `open` takes it: paths there start from the project's folder. */
  placedRef(ref: string): string;
}

export interface PackagesOptions extends Pick<Stores, 'lookup'>, Pick<Scorers, 'load'> {
  /** The folder that paths of the caller start from. */
  readonly cwd: string;
  readonly project: Trusting;
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

/** How tar files begin (POSIX.1-1988, ustar), and where it stands. */
const MAGIC = 'ustar';
const MAGIC_AT = 257;

/** Packages are tar files. Whatever else it is, it is told what it is. */
const isTar = async (path: string): Promise<boolean> => {
  const file = await openFile(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, MAGIC_AT);
    return bytesRead === MAGIC.length && buffer.toString('latin1') === MAGIC;
  } finally {
    await file.close();
  }
};

/**
 * The folder that a file which is no package stands for; undefined for a package, and for what nobody knows.
 *
 * @throws what tells of the file what it is, and how a package is made of it
 */
const folderOfFile = async (path: string, cwd: string): Promise<string | undefined> =>
  (await isTar(path)) ? undefined : (await import('../package/bare-model.ts')).folderOfFile(path, relative(cwd, path));

/** What is said of a name that nobody has registered, while something here is called so. */
const orPath = (ref: string, error: MillraceError): MillraceError =>
  error.code === 'UNKNOWN_MODEL'
    ? fail('UNKNOWN_MODEL', `${error.message}; for the path write ./${ref}`, {
        expected: error.problem.expected ?? 'a registered model',
        got: ref,
        cause: error,
      })
    : error;

/** What an environment does not trust is not opened. */
const createOpenRegistered =
  (project: Trusting, lookup: Stores['lookup']): Packages['openRegistered'] =>
  async (ref) => {
    const { blobs, find } = await lookup();
    const { digest, blobs: digests, signatures } = await find(ref);
    const { openBlobs, weightsIn } = await import('../package/layout.ts');
    const weights = weightsIn(await blobs.get(digest))?.digest;
    const small = digests.filter((blob) => blob !== weights);
    const bytes = await Promise.all(small.map(async (blob) => [blob, await blobs.get(blob)] as const));
    const opened = await openBlobs(digest, new Map(bytes), async ({ digest: apart }) => {
      const { path, size } = await blobs.file(apart);
      return { digest: apart, size, parts: [{ path, offset: 0, length: size }] };
    });
    const found = signatures === undefined ? opened : { ...opened, signatures };
    if (parseRef(ref).kind === 'environment') await (await import('./trust.ts')).checkTrust(project, ref, found);
    return found;
  };

export const createPackages = ({ cwd, project, lookup, load }: PackagesOptions): Packages => {
  const folderAt = async (given: string): Promise<string> => {
    const path = resolve(cwd, given);
    if (existsSync(join(path, 'model.yaml'))) return path;
    return (await import('../package/bare-model.ts')).folderOf(path, relative(cwd, path) || '.');
  };

  const pack: Packages['pack'] = async (given, { onProgress, sign, ...limits } = {}) => {
    const [{ packFolder }, { loadProven }] = await Promise.all([
      import('../package/pack.ts'),
      import('../workers/safely.ts'),
    ]);
    const loadDraft = (draft: Package) => loadProven(draft, load, limits);
    return packFolder(await folderAt(given), { onProgress, sign, load: loadDraft, readReference });
  };

  const openPath = async (given: string): Promise<Package> => {
    const { path, tag } = taggedPath(resolve(cwd, given));
    if (!(await isFolder(path, given))) {
      const itsFolder = await folderOfFile(path, cwd);
      if (itsFolder !== undefined) return (await pack(itsFolder)).package;
      const { openPackageFile } = await import('../package/open-file.ts');
      return openPackageFile(path, tag);
    }
    if (!existsSync(join(path, 'oci-layout'))) return (await pack(path)).package;
    const [{ readLayoutFolder, weightsInFolder }, { openLayout }] = await Promise.all([
      import('../package/layout-folder.ts'),
      import('../package/layout.ts'),
    ]);
    return openLayout(await readLayoutFolder(path), tag, weightsInFolder(path));
  };

  const openRegistered = createOpenRegistered(project, lookup);

  /** Of a name that is not registered: the package that a file of this name leads to. @throws `error`, or what tells of the file */
  const openUnregistered = async (ref: string, error: MillraceError): Promise<Package> => {
    const path = resolve(cwd, ref);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) throw error;
    const itsFolder = found.isFile() ? await folderOfFile(path, cwd) : undefined;
    if (itsFolder === undefined) throw orPath(ref, error);
    return (await pack(itsFolder)).package;
  };

  const open: Packages['open'] = async (ref) => {
    try {
      const parsed = parseRef(ref);
      return await (parsed.kind === 'path' ? openPath(parsed.path) : openRegistered(ref));
    } catch (error) {
      if (error instanceof MillraceError && ['UNKNOWN_MODEL', 'BAD_REF'].includes(error.code))
        return openUnregistered(ref, error);
      throw error;
    }
  };

  const placedRef = (ref: string): string => (parseRef(ref).kind === 'path' ? resolve(project.folder, ref) : ref);

  return { pack, open, openRegistered, placedRef };
};
