/** What is told of a run: RunEvents of OpenLineage 2-0-2 (https://openlineage.io/spec/2-0-2/OpenLineage.json). */
import { createHash } from 'node:crypto';
import { version } from '../../../version.ts';
import type { Run, Summary } from '../types.ts';
import type { Dataset, RunDatasets } from './dataset.ts';

export type LineageEventType = 'START' | 'RUNNING' | 'COMPLETE' | 'FAIL' | 'ABORT';

export interface LineageEventOptions {
  readonly type: LineageEventType;
  readonly run: Run;
  readonly datasets: RunDatasets;
  /** Of the job. */
  readonly namespace: string;
  /** When it happened, in ISO 8601. */
  readonly time: string;
}

const SPEC = 'https://openlineage.io/spec';
/** The namespace of names that are URLs (RFC 9562, 6.6). */
const URL_NAMESPACE = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex');

const producer = (): string => `urn:millrace:${version()}`;

/** A run's name as a UUID of version 5 (RFC 9562, 5.5): whoever goes on with the run tells of it under the same. */
export const runUuid = ({ deployment, id }: Pick<Run, 'deployment' | 'id'>): string => {
  const bytes = createHash('sha1').update(URL_NAMESPACE).update(`urn:millrace:run:${deployment}:${id}`).digest();
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

const facet = <T extends object>(revision: string, name: string, said: T) => ({
  _producer: producer(),
  _schemaURL: `${SPEC}/facets/${revision}/${name}.json#/$defs/${name}`,
  ...said,
});

interface Column {
  readonly name: string;
  readonly type: string;
}

const datasetFacets = ({ place }: Dataset, fields: readonly Column[] | undefined) => ({
  dataSource: facet('1-0-1', 'DatasourceDatasetFacet', place),
  ...(fields && { schema: facet('1-2-0', 'SchemaDatasetFacet', { fields }) }),
});

/** Fields that are told of with their counts. */
const MOST_COLUMNS = 500;

/** What was counted of the fields that the model takes; nothing of texts, whose lengths are counted, not they. */
const columnMetrics = ({ inputs }: Summary) =>
  Object.fromEntries(
    Object.entries(inputs)
      .slice(0, MOST_COLUMNS)
      .map(([name, profile]) => {
        const { count, missing: nullCount } = profile;
        const ends = profile.kind === 'number' && count > 0 && { min: profile.min, max: profile.max };
        return [name, { count, nullCount, ...ends }];
      }),
  );

/** Rows are counted for a whole run: of several inputs, nobody knows how many came from which. */
const inputsOf = ({ run, type, datasets: { inputs } }: LineageEventOptions) => {
  const { plan } = run;
  const fields = plan && Object.entries(plan.source).map(([name, kind]) => ({ name, type: kind }));
  const isCounted = inputs.length === 1 && type !== 'START' && type !== 'RUNNING';
  const { summary } = run;
  const rowCount = summary?.rows_in ?? run.rows_in;
  const statistics = isCounted && {
    inputFacets: {
      inputStatistics: facet('1-0-0', 'InputStatisticsInputDatasetFacet', { rowCount }),
      ...(summary && {
        dataQualityMetrics: facet('1-0-3', 'DataQualityMetricsInputDatasetFacet', {
          rowCount,
          columnMetrics: columnMetrics(summary),
        }),
      }),
    },
  };
  return inputs.map((input) => {
    const { namespace, name } = input;
    return { namespace, name, facets: datasetFacets(input, fields), ...statistics };
  });
};

/** Nothing is written before a run is complete. */
const outputsOf = ({ run, type, datasets: { outputs } }: LineageEventOptions) => {
  const fields = run.plan?.columns.map(({ name, type: kind }) => ({ name, type: kind }));
  const rowCount = run.summary?.rows_out ?? run.rows_out;
  const statistics = type === 'COMPLETE' && {
    outputFacets: { outputStatistics: facet('1-0-2', 'OutputStatisticsOutputDatasetFacet', { rowCount }) },
  };
  return outputs.map((output) => {
    const { namespace, name } = output;
    return { namespace, name, facets: datasetFacets(output, fields), ...statistics };
  });
};

const runFacets = ({ window, problem }: Run) => ({
  ...(window && {
    nominalTime: facet('1-0-1', 'NominalTimeRunFacet', {
      nominalStartTime: window.from,
      nominalEndTime: window.to,
    }),
  }),
  ...(problem && {
    errorMessage: facet('1-0-1', 'ErrorMessageRunFacet', {
      message: `${problem.code}: ${problem.message}`,
      programmingLanguage: 'JavaScript',
    }),
  }),
});

export const runEvent = (options: LineageEventOptions) => {
  const { type, run, namespace, time } = options;
  return {
    eventType: type,
    eventTime: time,
    run: { runId: runUuid(run), facets: runFacets(run) },
    job: { namespace, name: run.deployment },
    inputs: inputsOf(options),
    outputs: outputsOf(options),
    producer: producer(),
    schemaURL: `${SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent`,
  };
};
