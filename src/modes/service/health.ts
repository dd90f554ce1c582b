/** Whether requests may be sent. */
export interface Health {
  /** True once every model is loaded and while each has somewhere to run, until the service begins to stop. */
  readonly ready: boolean;
  /** No more connections are taken, and those that there are end with their next answer. */
  readonly closing: boolean;
  /** Why it is not ready. */
  readonly reason: string | undefined;
}
