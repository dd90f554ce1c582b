/** Reading what a file of Protocol Buffers defines. */
import { fileURLToPath } from 'node:url';
import {
  type GrpcObject,
  loadPackageDefinition,
  type ServiceClientConstructor,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { fail, type MillraceError } from '../../../core/errors.ts';

/** What stands for bytes that are no message: who handles the call refuses it, and not the framework, which has other errors. */
export class Malformed {}

export const malformed = (): MillraceError =>
  fail('BAD_REQUEST', 'These bytes are not the message that this call takes.', {
    expected: 'a message of open-inference.proto',
  });

/** Bytes of a caller may be anything. */
const tolerant = (definition: ServiceDefinition): ServiceDefinition =>
  Object.fromEntries(
    Object.entries(definition).map(([name, method]) => {
      const requestDeserialize = (bytes: Buffer): unknown => {
        try {
          return method.requestDeserialize(bytes);
        } catch {
          return new Malformed();
        }
      };
      return [name, { ...method, requestDeserialize }];
    }),
  );

export interface Protocol {
  /** Its one service by its full name, such as `grpc.health.v1.Health`. */
  readonly name: string;
  /** For servers. */
  readonly service: ServiceDefinition;
  readonly Client: ServiceClientConstructor;
  /** All that the file defines, by its full name. */
  readonly definitions: PackageDefinition;
  /** The file itself, as a `FileDescriptorProto`. */
  readonly file: Uint8Array;
}

/** The file at `path` lies beside this one; `name` is the service in it that is meant. */
export const loadProtocol = (path: string, name: string): Protocol => {
  const definitions = loadSync(fileURLToPath(new URL(`./${path}`, import.meta.url)), {
    keepCase: true,
    longs: String,
    enums: String,
    arrays: true,
    objects: true,
    defaults: true,
    oneofs: true,
  });
  const [file = new Uint8Array()] = Object.values(definitions).flatMap(({ fileDescriptorProtos: files }) =>
    Array.isArray(files) ? files : [],
  );
  let found: unknown = loadPackageDefinition(definitions);
  for (const part of name.split('.')) found = (found as GrpcObject)[part];
  const Client = found as ServiceClientConstructor;
  return { name, service: tolerant(Client.service), Client, definitions, file };
};
