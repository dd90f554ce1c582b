/** Lines of the pages that `check:newcomer` does not run, by their heading, and why. */

const TORCH = 'PyTorch is too large to install';
const TENSORFLOW = 'TensorFlow is too large to install';
const ELSEWHERE = 'fetches from an address that is not here';

/** Exports made by exactly these lines lie in test/fixtures/convert, and are packed and asked. */
export const madeBefore: Readonly<Record<string, string>> = {
  TorchScript: TORCH,
  'torch.export': TORCH,
  'PyTorch weights (a state_dict)': TORCH,
  'PyTorch models (.pt, .pth)': TORCH,
  safetensors: TORCH,
  'PyTorch in a pickle': TORCH,
  'Keras (.keras)': TENSORFLOW,
  'HDF5 (.h5)': TENSORFLOW,
  'TensorFlow SavedModel': TENSORFLOW,
  'TensorFlow Lite': TENSORFLOW,
};

export const notRun: Readonly<Record<string, string>> = {
  Millrace:
    'a clean install and all tests, which .ci/run does, and the example, which test/example-taxi.test.ts starts',
  'A folder of Hugging Face': `${TORCH}, and the page says that the lines were not tried`,
  'XGBoost’s old binary file': 'an older XGBoost comes with libraries for GPUs, which are too large to install',
  'Core ML': `${TORCH}, and the lines begin with a network that is trained in memory`,
  GGUF: 'a server of language models',
  PaddlePaddle: 'PaddlePaddle is too large to install, and the page says that the lines were not tried',
  'R (.rds, .RData)': 'R is not there, and the page says that the lines were not tried',
  'A folder of Spark ML': 'Spark is too large to install, and the page says that the lines were not tried',
  'A Git LFS pointer': ELSEWHERE,
  'A DVC pointer': ELSEWHERE,
  'A page in place of a file': ELSEWHERE,
};
