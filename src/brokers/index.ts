import { fail } from '../core/errors.ts';
import type { Broker, BrokerOptions } from './broker.ts';

/** A driver: a file or folder here, and a row below. */
interface Driver {
  readonly address: string;
  /** Opens what an address of this driver means; what follows the scheme is the driver's own. */
  open(address: string, options: BrokerOptions): Promise<Broker>;
}

/** Every broker by the scheme of its address. */
export const drivers: Readonly<Record<string, Driver>> = {
  embedded: {
    address: 'embedded or embedded:<path>',
    open: async (...call) => (await import('./embedded/log.ts')).openEmbedded(...call),
  },
  kafka: {
    address: 'kafka://<host>:<port>,…',
    open: async (...call) => (await import('./kafka/kafka.ts')).openKafka(...call),
  },
};

/**
 * Opens the broker that an address means, such as `embedded` or `kafka://host:9092`.
 *
 * @throws BAD_PROJECT for an address that no driver knows; STREAM_FAILED, STORE_FAILED.
 */
export const openBroker = async (address: string, options: BrokerOptions): Promise<Broker> => {
  const scheme = /^[a-z]+/.exec(address)?.[0] ?? '';
  if (Object.hasOwn(drivers, scheme)) return drivers[scheme].open(address, options);
  const expected = Object.values(drivers)
    .map((driver) => driver.address)
    .join(', or ');
  throw fail('BAD_PROJECT', `'stream' is not the address of a broker`, {
    field: 'stream',
    expected,
    got: scheme === '' ? 'a text without a scheme' : `${scheme}:…`,
  });
};
