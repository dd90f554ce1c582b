/** The doors of a service, and where they are. */
import { fail, problemOf } from '../../core/errors.ts';
import type { ListenPlace } from '../../modes/service/rest/listen.ts';
import type { Service } from '../../modes/service/service.ts';
import type { Serving } from '../../modes/service/slot.ts';
import type { ServeOptions } from './options.ts';

export type ServiceDoor = 'http' | 'grpc' | 'admin';

const LOOPBACK = '127.0.0.1';
const PORT = 8080;

/** Where each door is to be; gRPC, unless it is not wanted, beside HTTP, so that 8080 has 8081. */
export const placesOf = ({
  host = LOOPBACK,
  port = PORT,
  grpc = port === 0 ? 0 : (port + 1) % 65_536,
  admin,
}: ServeOptions): {
  readonly http: ListenPlace;
  readonly grpc: ListenPlace | undefined;
  readonly admin: ListenPlace | undefined;
} => ({
  http: { host, port },
  admin: admin && { host: admin.host ?? LOOPBACK, port: admin.port },
  grpc: grpc === false ? undefined : { host, port: grpc },
});

/** Names which door it was that could not be opened, by the option that says where it is. */
export const atDoor = async <T>(door: ServiceDoor, opening: Promise<T>): Promise<T> => {
  try {
    return await opening;
  } catch (cause) {
    const { code, message, ...details } = problemOf(cause);
    throw fail(code, message, { ...details, field: door === 'http' ? 'port' : door, cause });
  }
};

/** What there is to tell of a model in service. */
export interface Told extends Serving {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly loadMs: number;
  readonly memoryBytes: number;
  readonly isolation: string;
}

/** Where a service listens, and with what. */
export interface Listening {
  readonly url: string;
  readonly grpc: string | undefined;
  /** Where metrics, model control and records are, if not there. */
  readonly admin: string | undefined;
  readonly models: readonly Told[];
}

export const toldOf = ({ plane }: Service): readonly Told[] =>
  plane.models.slots.flatMap(({ card, ref, deployment }) => {
    if (card === undefined) return [];
    const { name, version, digest, loadMs, memoryBytes, isolation } = card;
    return [{ ref, deployment, name, version, digest, loadMs, memoryBytes, isolation }];
  });
