/** Support vector machines: every kernel, with and without probabilities, of two and of three classes. */
import { type Case, of, on, ramp } from './operator-case.ts';

const kernels = ['LINEAR', 'RBF', 'POLY', 'SIGMOID'] as const;

const classifier = (kernel_type: (typeof kernels)[number], classes: number, isSure: boolean): Case => {
  const pairs = (classes * (classes - 1)) / 2;
  const perClass = 2;
  return of(
    'SVMClassifier',
    {
      kernel_type,
      kernel_params: Float32Array.of(0.1, 0.25, 3),
      coefficients: ramp((classes - 1) * classes * perClass),
      support_vectors: ramp(classes * perClass * 3),
      vectors_per_class: Array.from({ length: classes }, () => BigInt(perClass)),
      rho: ramp(pairs),
      classlabels_ints: Array.from({ length: classes }, (_, at) => BigInt(at * 2)),
      ...(isSure && { prob_a: ramp(pairs).map((value) => -1 - Math.abs(value)), prob_b: ramp(pairs) }),
    },
    [
      ['int64', []],
      ['float32', [isSure || pairs === 1 ? classes : pairs]],
    ],
  );
};

const every = (one: Case): Case => one;
/** A product of one row is another kernel of ONNX Runtime's. */
const inBatches = (one: Case): Case => ({ ...one, sizes: [600, 7, 2] });

export const supportVectorCases: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(
    kernels.flatMap((kernel): [string, Case][] => [
      [
        `SVMClassifier ${kernel} of two classes`,
        (kernel === 'LINEAR' ? inBatches : every)(classifier(kernel, 2, false)),
      ],
      [
        `SVMClassifier ${kernel} of four classes`,
        (kernel === 'LINEAR' ? inBatches : every)(classifier(kernel, 4, false)),
      ],
      [
        `SVMClassifier ${kernel} with probabilities`,
        (kernel === 'LINEAR' ? inBatches : every)(classifier(kernel, 3, true)),
      ],
      [
        `SVMRegressor ${kernel}`,
        inBatches(
          of(
            'SVMRegressor',
            {
              kernel_type: kernel,
              kernel_params: Float32Array.of(0.1, 0.25, 3),
              coefficients: ramp(5),
              support_vectors: ramp(15),
              n_supports: 5n,
              rho: ramp(1),
            },
            on('float32', [1]),
          ),
        ),
      ],
    ]),
  ),
  'SVMClassifier of two classes with probabilities': classifier('RBF', 2, true),
  'SVMRegressor of one class': of(
    'SVMRegressor',
    {
      kernel_type: 'RBF',
      kernel_params: Float32Array.of(0.1, 0, 3),
      coefficients: ramp(5),
      support_vectors: ramp(15),
      n_supports: 5n,
      rho: Float32Array.of(-0.5),
      one_class: 1n,
    },
    on('float32', [1]),
  ),
};
