import type { ReportPaths } from './batch.ts';
import type { Run } from './types.ts';

/** A run for programs: what the ledger has of it, without its bookkeeping. */
export const runJson = (run: Run, report: ReportPaths) => {
  const { plan, owner: _, lease_until: __, settings: ___, reacted: ____, summary, ...rest } = run;
  return {
    ...rest,
    ...(plan && { columns: plan.columns.map(({ name, type }) => ({ name, type })), key: plan.key }),
    ...(summary && {
      summary: {
        rejected: summary.rejected,
        seconds: summary.seconds,
        rows_per_second: summary.rows_per_second,
        waits: summary.waits,
        inputs: summary.inputs,
        outputs: summary.outputs,
        source: summary.source,
        sink: summary.sink,
        ...(summary.shadow && { shadow: summary.shadow }),
      },
    }),
    report,
  };
};
