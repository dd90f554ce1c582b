import type { Evaluation } from '../evaluation.ts';
export const evaluationPage = (evaluation: Evaluation): string => JSON.stringify(evaluation);
