/** Customers made up after the shape of the training data: the same ones for the same seed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Customer {
  readonly customer_id: string;
  readonly SeniorCitizen: number;
  readonly Partner: string;
  readonly Dependents: string;
  readonly tenure: number;
  readonly PhoneService: string;
  readonly MultipleLines: string;
  readonly InternetService: string;
  readonly OnlineSecurity: string;
  readonly OnlineBackup: string;
  readonly DeviceProtection: string;
  readonly TechSupport: string;
  readonly StreamingTV: string;
  readonly StreamingMovies: string;
  readonly Contract: string;
  readonly PaperlessBilling: string;
  readonly PaymentMethod: string;
  readonly MonthlyCharges: number;
  readonly TotalCharges: number | null;
}

type Shares = Readonly<Record<string, number>>;
interface Shape {
  readonly shares: Readonly<Record<string, Shares>>;
  readonly dependentsByPartner: Readonly<Record<string, Shares>>;
  readonly internetByPhone: Readonly<Record<string, Shares>>;
  readonly multipleLinesByPhone: Readonly<Record<string, Shares>>;
  readonly servicesOfConnected: Readonly<Record<string, Shares>>;
  readonly contractByInternet: Readonly<Record<string, Shares>>;
  readonly paymentByContract: Readonly<Record<string, Shares>>;
  readonly paperlessByInternet: Readonly<Record<string, Shares>>;
  readonly tenureByContract: Readonly<Record<string, Shares>>;
  readonly monthlyChargesFormula: { readonly prices: Shares; readonly sd: number };
  readonly totalCharges: { readonly ratio: Shares };
}

const shape: Shape = JSON.parse(readFileSync(join(import.meta.dirname, 'shape.json'), 'utf8'));

/** Numbers in [0, 1) that look random (mulberry32, by T. Ettinger). */
const createRandom = (seed: number) => {
  let state = seed >>> 0;
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Somebody in this many has a contract that the model has never seen, as after a change in another system. */
const ODD_ONE_IN = 900;

export function* customers(count: number, seed = 7): Generator<Customer> {
  const random = createRandom(seed);
  const pick = (shares: Shares | undefined): string => {
    let rest = random();
    let last = '';
    for (const [name, share] of Object.entries(shares ?? {})) {
      last = name;
      rest -= share;
      if (rest < 0) break;
    }
    return last;
  };
  /** A value between the quantiles on both sides of a random rank. */
  const between = (quantiles: Shares): number => {
    const known = Object.entries(quantiles).map(([rank, value]) => [Number(rank), value] as const);
    const rank = random();
    const after = known.findIndex(([at]) => at >= rank);
    if (after <= 0) return known[after === 0 ? 0 : known.length - 1]?.[1] ?? 0;
    const [[a, low], [b, high]] = [known[after - 1] ?? [0, 0], known[after] ?? [1, 0]];
    return low + ((high - low) * (rank - a)) / (b - a);
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

  for (let index = 0; index < count; index++) {
    const Partner = pick(shape.shares.Partner);
    const PhoneService = pick(shape.shares.PhoneService);
    const InternetService = pick(shape.internetByPhone[PhoneService]);
    const service = (name: string): string =>
      InternetService === 'No' ? 'No internet service' : pick(shape.servicesOfConnected[name]);
    const Contract = pick(shape.contractByInternet[InternetService]);
    const MultipleLines = pick(shape.multipleLinesByPhone[PhoneService]);
    const services = {
      OnlineSecurity: service('OnlineSecurity'),
      OnlineBackup: service('OnlineBackup'),
      DeviceProtection: service('DeviceProtection'),
      TechSupport: service('TechSupport'),
      StreamingTV: service('StreamingTV'),
      StreamingMovies: service('StreamingMovies'),
    };
    const { prices, sd } = shape.monthlyChargesFormula;
    const bought = [
      ...(PhoneService === 'Yes' ? ['PhoneService'] : []),
      ...(MultipleLines === 'Yes' ? ['MultipleLines'] : []),
      InternetService,
      ...Object.entries(services).flatMap(([name, has]) => (has === 'Yes' ? [name] : [])),
    ];
    const charges = bought.reduce((sum, name) => sum + (prices[name] ?? 0), 0) + normal() * sd;
    const MonthlyCharges = Math.max(18, Math.round(charges * 20) / 20);
    const isNew = random() < 0.0016;
    const tenure = isNew ? 0 : Math.max(1, Math.round(between(shape.tenureByContract[Contract] ?? {})));
    const total = tenure * MonthlyCharges * (tenure === 1 ? 1 : between(shape.totalCharges.ratio));
    yield {
      customer_id: `C-${String(100_000 + index)}`,
      SeniorCitizen: Number(pick(shape.shares.SeniorCitizen)),
      Partner,
      Dependents: pick(shape.dependentsByPartner[Partner]),
      tenure,
      PhoneService,
      MultipleLines,
      InternetService,
      ...services,
      Contract: random() < 1 / ODD_ONE_IN ? 'Three year' : Contract,
      PaperlessBilling: pick(shape.paperlessByInternet[InternetService]),
      PaymentMethod: pick(shape.paymentByContract[Contract]),
      MonthlyCharges,
      // Nothing was billed yet in the first month.
      TotalCharges: tenure === 0 ? null : Math.round(total * 20) / 20,
    };
  }
}
