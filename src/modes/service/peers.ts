/** The other processes of a service that has several. */
import type { ModelTable } from './models.ts';

/** Takes models in and out of service. */
export type ModelControl = Pick<ModelTable, 'load' | 'unload'>;

/** What is asked of one process and concerns them all. */
export interface Peers extends ModelControl {
  /** The metrics of all processes, summed up, as Prometheus reads them. */
  metrics(): Promise<string>;
}
