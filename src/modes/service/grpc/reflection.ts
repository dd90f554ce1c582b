/** gRPC Server Reflection, in both of its names: grpcurl and the like need no file to call this service. */
import { type ServerDuplexStream, status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { loadProtocol, Malformed, type Protocol } from './protocol.ts';

export const reflectionProtocols = [
  loadProtocol('reflection.proto', 'grpc.reflection.v1.ServerReflection'),
  loadProtocol('reflection-v1alpha.proto', 'grpc.reflection.v1alpha.ServerReflection'),
] as const;

interface Asked {
  readonly host: string;
  readonly message_request?: string;
  readonly file_by_filename?: string;
  readonly file_containing_symbol?: string;
  readonly all_extension_numbers_of_type?: string;
}

/** The name of a file is the first field of its descriptor (descriptor.proto, `FileDescriptorProto.name`). */
const fileName = (descriptor: Uint8Array): string => Buffer.from(descriptor.subarray(2, 2 + descriptor[1])).toString();

/** @returns what handles a stream of questions about these protocols */
export const createReflection = (protocols: readonly Protocol[]): UntypedServiceImplementation => {
  /** By all names that they define, and by their own. */
  const symbols = new Map<string, readonly Uint8Array[]>();
  const files = new Map<string, readonly Uint8Array[]>();
  for (const { definitions, file } of protocols) {
    for (const name of Object.keys(definitions)) symbols.set(name, [file]);
    files.set(fileName(file), [file]);
  }

  /** A method or a field lies in the file of what it belongs to. */
  const fileOf = (symbol: string): readonly Uint8Array[] | undefined =>
    symbols.get(symbol) ?? symbols.get(symbol.slice(0, Math.max(0, symbol.lastIndexOf('.'))));
  const refused = (error_code: status, error_message: string) => ({ error_response: { error_code, error_message } });
  const described = (file: readonly Uint8Array[] | undefined) =>
    file === undefined
      ? refused(status.NOT_FOUND, 'There is no such file or symbol here.')
      : { file_descriptor_response: { file_descriptor_proto: file } };

  const answer = (asked: Asked) => {
    switch (asked.message_request) {
      case 'list_services':
        return { list_services_response: { service: protocols.map(({ name }) => ({ name })) } };
      case 'file_containing_symbol':
        return described(fileOf(asked.file_containing_symbol ?? ''));
      case 'file_by_filename':
        return described(files.get(asked.file_by_filename ?? ''));
      case 'all_extension_numbers_of_type': {
        const type = asked.all_extension_numbers_of_type ?? '';
        return { all_extension_numbers_response: { base_type_name: type, extension_number: [] } };
      }
      default:
        return refused(status.NOT_FOUND, 'There are no extensions here.');
    }
  };

  return {
    ServerReflectionInfo(call: ServerDuplexStream<Asked | Malformed, object>) {
      call.on('data', (asked: Asked | Malformed) => {
        const told =
          asked instanceof Malformed
            ? refused(status.INVALID_ARGUMENT, 'These bytes are not a ServerReflectionRequest.')
            : { valid_host: asked.host, original_request: asked, ...answer(asked) };
        if (call.write(told)) return;
        // Who does not read is not read either.
        call.pause();
        call.once('drain', () => call.resume());
      });
      call.on('end', () => call.end());
      call.on('error', () => {});
    },
  };
};
