import { findErrorBy } from '@platformatic/kafka';
import { fail, MillraceError, messageOf } from '../../core/errors.ts';

/** The broker's words for "another has taken your place". */
const fenced = [
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_EPOCH',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'REBALANCE_IN_PROGRESS',
  'FENCED_INSTANCE_ID',
] as const;

export const says = (error: unknown, ...ids: readonly string[]): boolean =>
  ids.some((id) => findErrorBy(error as Error, 'apiId', id) !== null);

/** The innermost sentences: the client wraps what the broker said in words of its own. */
const reason = (error: unknown): string => {
  const { errors } = error as { readonly errors?: readonly unknown[] };
  const inner = errors?.at(-1);
  if (inner !== undefined) return reason(inner);
  const { apiId } = error as { readonly apiId?: string };
  return apiId === undefined ? messageOf(error) : `${messageOf(error)} (${apiId})`;
};

/** What went wrong, in Millrace's words. */
export const translate = (error: unknown, place: string): MillraceError => {
  if (error instanceof MillraceError) return error;
  const unknown = /Unknown topic (\S+)\./.exec(reason(error))?.[1];
  if (unknown !== undefined || says(error, 'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID')) {
    return fail('UNKNOWN_TOPIC', `${place} has no topic '${unknown ?? '?'}'`, {
      expected: 'a topic that exists',
      ...(unknown !== undefined && { got: unknown }),
      cause: error,
    });
  }
  if (says(error, ...fenced)) {
    return fail('FENCED', `${place}: the partition has gone to another member of the group`, { cause: error });
  }
  return fail('STREAM_FAILED', `${place}: ${reason(error)}`, { cause: error });
};
