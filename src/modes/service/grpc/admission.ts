/** Who asks, found out before a call has a handler: by the method's row in the table of doors. */
import { type Metadata, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import type { CredentialHeaders } from '../../../access/credentials.ts';
import type { Doorkeeper } from '../../../access/doorkeeper.ts';
import { neededAt } from '../../../access/doors.ts';
import type { Pass } from '../../../access/pass.ts';
import { grpcError } from './status.ts';

const passes = new WeakMap<Metadata, Pass>();

/** Who makes the call that came with this metadata; undefined where everybody may. */
export const passOf = (metadata: Metadata): Pass | undefined => passes.get(metadata);

const firstOf = (metadata: Metadata, key: string): string | undefined => metadata.get(key)[0]?.toString();

const credentialsIn = (metadata: Metadata): CredentialHeaders => ({
  authorization: firstOf(metadata, 'authorization'),
  'x-api-key': firstOf(metadata, 'x-api-key'),
});

/** Its row's name: `package.Service/Method`. */
export const doorOf = (path: string): string => path.slice(1);

/** `onRefused` is told of each call that is not let in. */
export const createAdmission =
  (doorkeeper: Doorkeeper, onRefused: (error: unknown) => void): ServerInterceptor =>
  ({ path }, call) => {
    const admit = async (metadata: Metadata): Promise<void> => {
      const address = call.getConnectionInfo().remoteAddress;
      const pass = await doorkeeper.admit(neededAt(doorOf(path)), credentialsIn(metadata), address);
      if (pass !== undefined) passes.set(metadata, pass);
    };
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, handle) {
            admit(metadata).then(
              () => handle(metadata),
              (error: unknown) => {
                onRefused(error);
                call.sendStatus(grpcError(error));
              },
            );
          },
        }),
    });
  };
