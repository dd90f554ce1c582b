import type { Manifest } from '../../core/types.ts';
import type { PredictedEvent } from './predict.ts';

/** Which version made predictions, and when (ISO 8601). */
export interface Made {
  readonly maker: { readonly manifest: Manifest; readonly digest: string };
  readonly time: string;
}

/** Where predictions are written beside or instead of a topic. Writing one id again must change nothing. */
export interface PredictionSink {
  write(predictions: readonly PredictedEvent[], made: Made): Promise<void>;
  close(): Promise<void>;
}
