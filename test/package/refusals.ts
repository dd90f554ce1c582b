import assert from 'node:assert/strict';
import { MillraceError } from '../../src/core/errors.ts';

export const refusalOf = async (work: Promise<unknown>): Promise<MillraceError> => {
  const reason: unknown = await work.then(
    () => assert.fail('it was opened'),
    (error: unknown) => error,
  );
  assert.ok(reason instanceof MillraceError, String(reason));
  assert.equal(reason.code, 'DAMAGED_PACKAGE');
  return reason;
};
