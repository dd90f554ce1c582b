/** Whether requests may be sent. */
export interface Health {
  /** True once every model is loaded, until the service begins to stop. */
  readonly ready: boolean;
  /** Why not. */
  readonly reason: string | undefined;
}
