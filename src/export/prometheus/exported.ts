/** What is exported for Prometheus and Grafana of a deployment. */
export interface ExportedDeployment {
  readonly deployment: string;
  /** The name of its model. */
  readonly model: string;
  readonly mode: 'service' | 'stream' | 'batch';
}
