/** The very package that answered, wherever it is found. */
import { MillraceError } from '../core/errors.ts';
import type { Package } from '../package/layout.ts';
import type { Resources } from './resources.ts';

/** What is known of who answered. */
export interface AnsweredBy {
  readonly deployment: string;
  readonly model: string;
  readonly digest: string;
}

/** The package at a reference, if it is the one that answered. */
const openSame = async ({ open }: Resources, ref: string, digest: string): Promise<Package | undefined> => {
  const found = await open(ref).catch((error: unknown) => {
    if (error instanceof MillraceError) return undefined;
    throw error;
  });
  return found?.digest === digest ? found : undefined;
};

/** Where a deployment's package is; what was served without one goes by its reference. */
const servedRef = ({ project, placedRef }: Resources, deployment: string): string => {
  const mode = (['service', 'stream', 'batch'] as const).find((one) => project.namesIn(one).includes(deployment));
  return mode === undefined ? deployment : placedRef(project.deploymentIn(mode, deployment).model);
};

/** The package that a deployment has now, or that a reference means under which something was served. @throws what `Resources.open` throws */
export const openServed = (resources: Resources, deployment: string): Promise<Package> =>
  resources.open(servedRef(resources, deployment));

/** Of the registry, or where the deployment has it; undefined where neither has it any more. */
export const findAnswerer = async (
  resources: Resources,
  { deployment, model, digest }: AnsweredBy,
): Promise<Package | undefined> =>
  (await openSame(resources, `${model}@${digest}`, digest)) ??
  (await openSame(resources, servedRef(resources, deployment), digest));
