/** One row or many, as `/predict` takes them. */
import { fail, show } from '../../../core/errors.ts';
import type { Fields } from '../../../core/types.ts';

/** What other servers want around rows: MLflow, TensorFlow Serving, KServe, SageMaker, Seldon and Azure ML. */
const mlflow = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'];
const wrappings = [...mlflow, 'data', 'ndarray', 'tensor', 'jsonData', 'input_data', 'Inputs', 'signature_name'];

/** @throws BAD_REQUEST for rows in the wrapping of another server, of which this model knows no field. */
const refuseWrapping = (body: object, inputs: Fields): void => {
  const wrapping = wrappings.find((name) => Object.hasOwn(body, name));
  if (wrapping === undefined || Object.keys(inputs).some((name) => Object.hasOwn(body, name))) return;
  const expected = 'one row as an object of fields, or many as {"rows": [{…}, …]}';
  const elsewhere = mlflow.includes(wrapping) ? `; ${wrapping} is read at /invocations` : '';
  const message = `${wrapping} is how other servers take rows: expected ${expected}${elsewhere}.`;
  throw fail('BAD_REQUEST', message, { field: wrapping, expected, got: wrapping });
};

/**
 * The rows of a body that holds many, or undefined when the body is a row itself. @throws NOT_A_ROW, BAD_REQUEST for one
 * that seems to hold many, otherwise than it should.
 */
export const manyRows = (body: unknown, inputs: Fields): readonly unknown[] | undefined => {
  if (typeof body !== 'object' || body === null) return undefined;
  if (Array.isArray(body)) {
    const expected = 'one row as an object, or many as {"rows": [{…}, …]}';
    const got = show(body);
    throw fail('NOT_A_ROW', `Expected ${expected}, got ${got}.`, { expected, got });
  }
  if (!('rows' in body) || Object.hasOwn(inputs, 'rows')) {
    refuseWrapping(body, inputs);
    return undefined;
  }
  const { rows } = body;
  if (Array.isArray(rows)) return rows;
  // A row may have fields that the model does not know, but not nothing else.
  if (Object.keys(body).some((name) => Object.hasOwn(inputs, name))) return undefined;
  const expected = 'a list of rows, such as {"rows": [{…}, …]}';
  const got = show(rows);
  throw fail('BAD_REQUEST', `rows: expected ${expected}, got ${got}.`, { field: 'rows', expected, got });
};
