/** What this mode needs of the outside; `app.ts` has it. */
import type { Scorer } from '../../core/types.ts';
import type { Database } from '../../databases/database.ts';
import type { Leave } from '../../monitor/scored-rows.ts';
import type { Package } from '../../package/layout.ts';
import type { LineageSettings } from '../../project/openlineage.ts';
import type { Sql } from '../../store/sql.ts';
import type { BatchDeployment } from './deployment.ts';

export interface LoadOptions {
  /** Threads, or processes for a model that is not known to be safe; none is this thread, or one process. */
  readonly threads: number;
  /** Milliseconds that a row may take of such a model. */
  readonly rowMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Whom runs are told to, and what that takes. */
export interface LineageHost {
  readonly settings: LineageSettings;
  /** The URL of a connection of the project. @throws MillraceError BAD_PROJECT */
  connection(name: string): string;
}

export interface BatchHost {
  /** Where relative paths of the project start. */
  readonly folder: string;
  /** Where reports are kept. */
  readonly home: string;
  /** Who is named as the one who cancelled. */
  readonly who: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: () => Date;
  /** Names of the batch deployments of the project. */
  readonly names: readonly string[];
  /** @throws MillraceError BAD_PROJECT */
  deployment(name: string): BatchDeployment;
  /** The ledger's store. */
  store(): Promise<Sql>;
  /** A connection of the project, opened anew. @throws MillraceError BAD_PROJECT */
  database(name: string, zone: string): Promise<Database>;
  /** The package that a reference means. @throws MillraceError */
  open(ref: string): Promise<Package>;
  /** Made ready to score, where it can end nothing but itself; what runs is ended when the signal is aborted. */
  load(found: Package, options: LoadOptions): Promise<Scorer>;
  /** What keeps records of such a part of the rows; undefined where none are kept. Throws what opens the store. */
  leave?(share: number): Promise<Leave | undefined>;
  /** Undefined where nobody is told what runs read and write. @throws MillraceError BAD_PROJECT */
  lineage?(): LineageHost | undefined;
}
