import type { Broker, TopicOptions } from '../../../brokers/broker.ts';

/** A topic that is made when it is first needed and missing: the service starts without its broker. */
export interface Topic {
  readonly name: string;
  make(): Promise<void>;
}

export const createTopic = (broker: Broker, name: string, options: TopicOptions): Topic => {
  let made: Promise<void> | undefined;
  return {
    name,
    make: () => {
      made ??= broker.ensureTopic(name, options).catch((error: unknown) => {
        made = undefined;
        throw error;
      });
      return made;
    },
  };
};
