/** What libraries of neural networks save. */
import type { ForeignKind, WayOn } from './foreign-kind.ts';
import type { Peek } from './peek.ts';
import { pickledClass } from './pickled.ts';

const EXPORT = [
  'rows = torch.randn(2, 8)  # two rows of what your model takes',
  'torch.onnx.export(model, (rows,), "model.onnx", dynamo=True, external_data=False,',
  '                  dynamic_shapes=({0: torch.export.Dim("rows")},))',
];
const fromTorch = (say: string, load: readonly string[]): WayOn => ({
  say,
  language: 'python',
  lines: [...load, ...EXPORT],
});

/** What torch.save wrote before 1.6 begins with: a pickled number, or a tar file of these. */
const LEGACY_NUMBER = '\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19';
const LEGACY_TAR = ['storages\0', 'tensors\0', 'pickle\0', 'sys_info\0'];

const holds = ({ zip }: Peek, name: RegExp): boolean => zip?.whole === true && zip.names.some((one) => name.test(one));
const isTorch = (peek: Peek): boolean =>
  holds(peek, /(?:^|\/)data\.pkl$/) ||
  peek.head.startsWith(LEGACY_NUMBER, 2) ||
  LEGACY_TAR.some((begin) => peek.head.startsWith(begin));
/** Tensors by name, and nothing else. */
const isWeights = ({ head }: Peek): boolean => {
  const made = pickledClass(head);
  return made === undefined || /^(?:torch\._utils\._rebuild|torch\.\w*Storage|collections\.)/.test(made);
};

/** A header of so many bytes, and JSON (https://github.com/huggingface/safetensors#format). */
const isSafetensors = ({ head }: Peek): boolean =>
  head.startsWith('\0\0\0\0{"', 4) && /"(?:dtype|__metadata__)"/.test(head);

export const fromNetworks: readonly ForeignKind[] = [
  {
    title: 'TorchScript',
    is: () => 'a TorchScript archive of PyTorch',
    matches: (peek) => holds(peek, /(?:^|\/)data\.pkl$/) && holds(peek, /(?:^|\/)(?:constants\.pkl$|code\/)/),
    file: 'model.pt',
    ways: [
      {
        say: 'Write it as ONNX',
        language: 'python',
        lines: [
          'import torch',
          '',
          'model = torch.jit.load("model.pt").eval()',
          'rows = torch.randn(2, 8)  # two rows of what your model takes',
          'torch.onnx.export(model, (rows,), "model.onnx", dynamo=False, input_names=["x"], output_names=["y"],',
          '                  dynamic_axes={"x": {0: "rows"}, "y": {0: "rows"}})',
        ],
      },
    ],
    tried: 'PyTorch 2.15',
  },
  {
    title: 'torch.export',
    is: () => 'a program that torch.export.save wrote',
    matches: (peek) => holds(peek, /(?:^|\/)(?:serialized_exported_program\.json|models\/[^/]+\.json)$/),
    file: 'model.pt2',
    ways: [
      {
        say: 'Write it as ONNX',
        language: 'python',
        lines: [
          'import torch',
          '',
          'program = torch.export.load("model.pt2")',
          'torch.onnx.export(program, f="model.onnx", dynamo=True, external_data=False)',
        ],
      },
    ],
    tried: 'PyTorch 2.15',
  },
  {
    title: 'PyTorch weights (a state_dict)',
    is: () => 'weights of PyTorch without the code that they belong to (a state_dict or checkpoint)',
    matches: (peek) => isTorch(peek) && isWeights(peek),
    file: 'model.pt',
    ways: [
      fromTorch('Put them into their model, and write that as ONNX', [
        'import torch',
        'from my_code import Net  # the class of your model',
        '',
        'saved = torch.load("model.pt", map_location="cpu", weights_only=True)',
        'weights = saved.get("state_dict", saved.get("model_state_dict", saved))',
        'model = Net()',
        'model.load_state_dict(weights)',
        'model.eval()',
      ]),
    ],
    tried: 'PyTorch 2.15',
  },
  {
    title: 'PyTorch models (.pt, .pth)',
    is: ({ head }) => `a model of PyTorch (${pickledClass(head)}): a pickle, which only Python can run`,
    matches: isTorch,
    file: 'model.pt',
    ways: [
      fromTorch('Write it as ONNX, with the code beside you that has its class', [
        'import torch',
        '',
        'model = torch.load("model.pt", map_location="cpu", weights_only=False).eval()  # runs code: only what you trust',
      ]),
    ],
    tried: 'PyTorch 2.15',
  },
  {
    title: 'Keras (.keras)',
    is: () => 'a Keras model',
    matches: (peek) =>
      holds(peek, /^model\.weights\.h5$/) || (holds(peek, /^metadata\.json$/) && holds(peek, /^config\.json$/)),
    file: 'model.keras',
    ways: [
      {
        say: 'Write it as ONNX',
        language: 'python',
        lines: [
          'import keras  # pip install tf2onnx, beside TensorFlow',
          '',
          'model = keras.models.load_model("model.keras")',
          'model(keras.ops.zeros((2, *model.input_shape[1:])))  # it must have been asked once',
          'model.export("model.onnx", format="onnx")',
        ],
      },
    ],
    tried: 'Keras 3.15, TensorFlow 2.21, tf2onnx 1.17',
  },
  {
    title: 'HDF5 (.h5)',
    is: () => 'an HDF5 file, as Keras wrote them',
    matches: ({ head }) => head.startsWith('\x89HDF\r\n\x1a\n'),
    file: 'model.h5',
    ways: [
      {
        say: 'Write it as ONNX; a file of weights alone must be loaded into its model first (model.load_weights)',
        language: 'python',
        lines: [
          'import keras  # pip install tf2onnx, beside TensorFlow',
          '',
          'model = keras.models.load_model("model.h5", compile=False)',
          'model(keras.ops.zeros((2, *model.input_shape[1:])))  # it must have been asked once',
          'model.export("model.onnx", format="onnx")',
        ],
      },
    ],
    tried: 'Keras 3.15, TensorFlow 2.21, tf2onnx 1.17',
  },
  {
    title: 'TensorFlow SavedModel',
    is: () => 'a SavedModel of TensorFlow',
    matches: ({ entries }) => entries?.includes('saved_model.pb') ?? false,
    file: 'saved_model',
    ways: [
      {
        say: 'Write it as ONNX: the folder that saved_model.pb lies in',
        language: 'sh',
        lines: ['pip install tf2onnx', 'python -m tf2onnx.convert --saved-model saved_model --output model.onnx'],
      },
    ],
    tried: 'TensorFlow 2.21, tf2onnx 1.17',
  },
  {
    title: 'TensorFlow Lite',
    is: () => 'a TensorFlow Lite model',
    matches: ({ head }) => head.startsWith('TFL3', 4),
    file: 'model.tflite',
    ways: [
      {
        say: 'Write it as ONNX, or better the model that it was made of',
        language: 'sh',
        lines: ['pip install tf2onnx', 'python -m tf2onnx.convert --tflite model.tflite --output model.onnx'],
      },
    ],
    tried: 'TensorFlow 2.21, tf2onnx 1.17',
  },
  {
    title: 'A folder of Hugging Face',
    is: () => 'a model of Hugging Face Transformers',
    matches: ({ entries }) =>
      (entries?.includes('config.json') ?? false) &&
      (entries?.some((name) => /^(?:model|pytorch_model)\S*\.(?:safetensors|bin)$/.test(name)) ?? false),
    file: 'my-model',
    ways: [
      {
        say: 'Write it as ONNX, with the task it is for in place of text-classification',
        language: 'sh',
        lines: [
          'pip install "optimum[onnxruntime]"',
          'optimum-cli export onnx --model my-model --task text-classification my-model-onnx',
        ],
      },
    ],
  },
  {
    title: 'safetensors',
    is: () => 'weights in a safetensors file, without the model that they belong to',
    matches: isSafetensors,
    file: 'model.safetensors',
    ways: [
      fromTorch('Put them into their model, and write that as ONNX', [
        'import torch',
        'from my_code import Net  # the class of your model',
        'from safetensors.torch import load_file  # pip install safetensors',
        '',
        'model = Net()',
        'model.load_state_dict(load_file("model.safetensors"))',
        'model.eval()',
      ]),
    ],
    tried: 'PyTorch 2.15, safetensors 0.8',
  },
  {
    title: 'GGUF',
    is: () => 'a language model for llama.cpp (GGUF), which Millrace does not run',
    matches: ({ head }) => head.startsWith('GGUF'),
    file: 'model.gguf',
    ways: [
      {
        say: 'Its own server runs it',
        language: 'sh',
        lines: ['llama-server -m model.gguf'],
      },
    ],
  },
  {
    title: 'PaddlePaddle',
    is: () => 'a program of PaddlePaddle',
    matches: ({ head, name, entries }) =>
      entries?.includes('inference.pdmodel') || (/\.pd(?:model|iparams)$/i.test(name) && !head.startsWith('\x08')),
    file: 'inference.pdmodel',
    ways: [
      {
        say: 'Write it as ONNX',
        language: 'sh',
        lines: [
          'pip install paddle2onnx',
          'paddle2onnx --model_dir . --model_filename inference.pdmodel --params_filename inference.pdiparams --save_file model.onnx',
        ],
      },
    ],
  },
  {
    title: 'Core ML',
    is: () => 'a Core ML model, which only Apple’s systems run',
    matches: ({ entries, name }) =>
      entries ? entries.includes('Manifest.json') && entries.includes('Data') : /\.mlmodel$/i.test(name),
    file: 'model.mlmodel',
    ways: [
      {
        say: 'Nothing leads back: export the model that it was made of, for PyTorch so',
        language: 'python',
        lines: [
          'import torch',
          'from my_code import Net  # the class of your model',
          '',
          'model = Net().eval()',
          ...EXPORT,
        ],
      },
    ],
  },
  {
    title: 'ONNX Runtime’s own format (.ort)',
    is: () => 'a model in ONNX Runtime’s own format, made for one version of it',
    matches: ({ head }) => head.startsWith('ORTM', 4),
    file: 'model.ort',
    ways: [{ say: 'The .onnx file that it was made of is taken', language: 'sh', lines: ['millrace init model.onnx'] }],
  },
];
