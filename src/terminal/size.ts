const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** A number of bytes for people, in powers of 1,000: "1.2 MB". */
export const size = (bytes: number): string => {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toPrecision(2)} ${units[unit]}`;
};
