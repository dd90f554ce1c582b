/** What a service opens beside its answers, and of which deployments: nothing unless somebody says so. */
import { fail, type MillraceError } from '../../core/errors.ts';
import type { ModelTable } from './models.ts';
import type { ModelControl } from './peers.ts';

/** All of it, nothing, or what these deployments have. */
export type Opened = boolean | ReadonlySet<string>;

/** Whether what a deployment has answered is open; without a deployment, whether all is. */
export const isOpen = (opened: Opened, deployment: string | undefined): boolean =>
  typeof opened === 'boolean' ? opened : deployment !== undefined && opened.has(deployment);

/** True when it is open for one deployment at least. */
export const isAnyOpen = (opened: Opened): boolean => (typeof opened === 'boolean' ? opened : opened.size > 0);

export const recordsClosed = (): MillraceError =>
  fail('FORBIDDEN', 'Records are not read or labelled through this door.', {
    expected: 'a service started with --records-api, or a deployment with records_api: true',
  });

export const controlClosed = (): MillraceError =>
  fail('FORBIDDEN', 'Models are not loaded or unloaded through this door.', {
    expected: 'a service started with --model-control, or a deployment with model_control: true',
  });

/** Takes models in and out of service, as far as that is open. @throws FORBIDDEN */
export const openedControl = (
  control: ModelControl,
  { slots }: Pick<ModelTable, 'slots'>,
  opened: Opened,
): ModelControl => {
  const check = (name: string, version?: string): void => {
    const concerned = slots.filter(
      ({ card }) => card?.name === name && (version === undefined || card.version === version),
    );
    if (isAnyOpen(opened) && concerned.every(({ deployment }) => isOpen(opened, deployment))) return;
    throw controlClosed();
  };
  return {
    async load(name) {
      check(name);
      await control.load(name);
    },
    async unload(name, version) {
      check(name, version);
      await control.unload(name, version);
    },
  };
};
