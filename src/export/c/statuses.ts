/** What refuses a row. The words are those of the error codes; the last one is of C alone. */
export const statuses = [
  'OK',
  'NULL_VALUE',
  'WRONG_TYPE',
  'NOT_FINITE',
  'NOT_INTEGER',
  'UNSAFE_INTEGER',
  'OUT_OF_RANGE',
  'UNKNOWN_CATEGORY',
  'TOO_LONG',
  'BAD_DATETIME',
  'STEP_FAILED',
  'MODEL_FAILED',
  'BAD_OUTPUT',
  'OUT_OF_TIME_TABLE',
] as const;
