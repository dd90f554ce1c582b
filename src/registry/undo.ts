export interface UndoStep {
  readonly action: 'promote' | 'rollback';
  readonly to_version: string;
}

/**
 * The promotions that still stand, oldest first: a promotion goes on top, a rollback takes the top away. The last one
 * is where the environment points, the one before it is where a rollback leads.
 */
export const standing = (steps: readonly UndoStep[]): readonly string[] => {
  const stack: string[] = [];
  for (const { action, to_version } of steps) {
    if (action === 'promote') stack.push(to_version);
    else stack.pop();
  }
  return stack;
};
