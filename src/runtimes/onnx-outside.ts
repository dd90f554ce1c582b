/** Tensors of an ONNX file whose data lie in another one. Field numbers: onnx.proto3 (ONNX 1.18). Web-standard. */
import { fail } from '../core/errors.ts';
import { ENTRY, TENSOR } from './onnx-fields.ts';
import { textOf } from './onnx-node.ts';
import { Cursor, VARINT, valuesOf } from './protobuf.ts';

/** Where a tensor's data lie; undefined when in the model file. An enum takes the low 32 bits of what stands there. */
export const placeOf = (tensor: Uint8Array): string | undefined => {
  let isOutside = false;
  const at = new Cursor(tensor);
  while (at.next()) if (at.field === TENSOR.place && at.wire === VARINT && at.int32 !== 0) isOutside = true;
  if (!isOutside) return undefined;
  const places = valuesOf(tensor, TENSOR.outside).filter((entry) => textOf(entry, ENTRY.key) === 'location');
  return textOf(places.at(-1) ?? new Uint8Array(), ENTRY.value);
};

/** `where` says for a message in what the tensor stands. @throws BAD_MODEL, naming the tensor */
export const needInside = (tensor: Uint8Array, where = ''): void => {
  const place = placeOf(tensor);
  if (place === undefined) return;
  const name = textOf(tensor, TENSOR.name) || 'a tensor';
  throw fail('BAD_MODEL', `The model keeps weights in another file, ${place} (${name}${where}). Save it as one file.`, {
    field: name,
    expected: 'an ONNX file with its weights in it (onnx.save_model(model, path, save_as_external_data=False))',
    got: `weights in ${place}`,
  });
};
