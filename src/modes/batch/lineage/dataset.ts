/** Both ends of a run under the names that OpenLineage gives to data (https://openlineage.io/docs/spec/naming). */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseTable } from '../../../databases/sql-text.ts';
import { fillPattern } from '../../../sources/template.ts';
import type { BatchDeployment } from '../deployment.ts';
import type { BatchHost, LineageHost } from '../host.ts';
import type { Window } from '../window.ts';

/** Data that is read or written; no user and no password stand in it. */
export interface Dataset {
  readonly namespace: string;
  readonly name: string;
  /** What it lies in. */
  readonly place: { readonly name: string; readonly uri: string };
}

export interface RunDatasets {
  readonly inputs: readonly Dataset[];
  readonly outputs: readonly Dataset[];
}

export interface DatasetOptions {
  readonly folder: BatchHost['folder'];
  readonly lineage: LineageHost;
  readonly deployment: BatchDeployment;
  readonly window: Window | undefined;
}

const SQLITE = 'sqlite:';

/** A table, or what else has a name of several parts, in the database of a connection. */
const tableDataset = (connection: string, table: readonly string[], { lineage }: DatasetOptions): Dataset => {
  const url = lineage.connection(connection);
  if (url.startsWith(SQLITE)) {
    const uri = pathToFileURL(url.slice(SQLITE.length)).href;
    return { namespace: uri.replace(/^file:/, SQLITE), name: table.join('.'), place: { name: connection, uri } };
  }
  const { hostname, port, pathname } = new URL(url);
  const namespace = `postgres://${hostname}:${port === '' ? 5432 : port}`;
  const parts = table.length > 1 ? table : ['public', ...table];
  const name = [decodeURIComponent(pathname.slice(1)), ...parts].join('.');
  return { namespace, name, place: { name: connection, uri: `${namespace}${pathname}` } };
};

const fileDataset = (pattern: string, { folder, window }: DatasetOptions): Dataset => {
  const path = resolve(folder, fillPattern(pattern, window));
  return { namespace: 'file', name: path, place: { name: 'file', uri: pathToFileURL(path).href } };
};

/** A query does not say which tables it reads: it is one input, under the deployment's name. */
const inputsOf = (options: DatasetOptions): readonly Dataset[] => {
  const { name, source } = options.deployment;
  const { connection = '', table, files = [] } = source;
  if (table !== undefined) return [tableDataset(connection, parseTable(table), options)];
  if (source.sql !== undefined) return [tableDataset(connection, [name, 'query'], options)];
  return (typeof files === 'string' ? [files] : files).map((pattern) => fileDataset(pattern, options));
};

const outputsOf = (options: DatasetOptions): readonly Dataset[] => {
  const { connection = '', table, file = '' } = options.deployment.sink;
  if (table === undefined) return [fileDataset(file, options)];
  return [tableDataset(connection, parseTable(fillPattern(table, options.window)), options)];
};

/** None of an end that cannot be named: what is wrong with it is the run's to say. */
export const datasetsOf = (options: DatasetOptions): RunDatasets => {
  const named = (nameThem: (options: DatasetOptions) => readonly Dataset[]): readonly Dataset[] => {
    try {
      return nameThem(options);
    } catch {
      return [];
    }
  };
  return { inputs: named(inputsOf), outputs: named(outputsOf) };
};
