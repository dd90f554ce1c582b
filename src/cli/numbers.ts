import { InvalidArgumentError } from 'commander';

/** An option's whole number, both ends included. */
export const whole =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d{1,12}$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };

export const port = whole(0, 65_535);

/** An option's number, the least one included. */
export const least =
  (lowest: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value) && value >= lowest) return value;
    throw new InvalidArgumentError(`Expected a number from ${lowest}.`);
  };
