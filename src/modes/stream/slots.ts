/** Lets a number of pieces of work run at once; the others wait their turn, first come, first served. */
export const createSlots = (count: number) => {
  const waiting: (() => void)[] = [];
  let free = count;
  return {
    run: async <T>(work: () => Promise<T>): Promise<T> => {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next) next();
        else free++;
      }
    },
  };
};
