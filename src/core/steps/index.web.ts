/** The table of steps in a browser: each is loaded with the first package that has it. */
import { onDemand } from '../on-demand.ts';
import type * as all from './index.ts';
import type { StepKind } from './step.ts';

type Steps = Readonly<Record<string, StepKind>>;

const datetime = onDemand((): Promise<Steps> => import('../datetimes.ts').then(({ datetime: _, ...steps }) => steps));
const numeric = onDemand((): Promise<Steps> => import('./numeric.ts'));
const features = onDemand((): Promise<Steps> => import('./features.ts'));

const image = onDemand((): Promise<Steps> => import('./image.ts'));

const files: Readonly<Record<string, () => Promise<Steps>>> = {
  join: features,
  lookup: features,
  hour: datetime,
  weekday: datetime,
  month: datetime,
  difference: datetime,
  log1p: numeric,
  clip: numeric,
  scale: numeric,
  impute: numeric,
  cast: numeric,
  concat: features,
  image,
};

const loaded: Record<string, StepKind> = {};
export const stepKinds: typeof all.stepKinds = loaded;

export const stepNames: typeof all.stepNames = Object.keys(files);

export const loadSteps: typeof all.loadSteps = async (names) => {
  const wanted = stepNames.filter((name) => names.includes(name));
  await Promise.all(
    wanted.map(async (name) => {
      loaded[name] = (await files[name]())[name];
    }),
  );
};
