/** The setting `record` of modes that have no callers: which part of what they score leaves a record. */
export type RecordSetting = 'all' | 'none' | number | string;

export const recordSetting = {
  description: 'Which part of the predictions leaves a record: all, none, or a share such as 0.1; none unless given',
  oneOf: [
    { enum: ['all', 'none'], description: 'all or none' },
    { type: 'number', minimum: 0, maximum: 1, description: 'a share from 0 to 1' },
    { type: 'string', pattern: '^sample=(?:0?\\.\\d{1,6}|[01](?:\\.0*)?)$', description: 'a share such as sample=0.1' },
  ],
} as const;

/** As a share from 0 to 1. */
export const recordShare = (setting: RecordSetting = 'none'): number => {
  if (typeof setting === 'number') return setting;
  if (setting === 'all') return 1;
  return setting === 'none' ? 0 : Number(setting.slice('sample='.length));
};
