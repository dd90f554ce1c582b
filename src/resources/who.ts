import { userInfo } from 'node:os';

/** Who is named in histories: `MILLRACE_WHO`, else the user of the machine. */
export const whoOf = (env: NodeJS.ProcessEnv): string => {
  if (env.MILLRACE_WHO) return env.MILLRACE_WHO;
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id that has no name.
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
};

/**
 * Whether somebody may let a version into an environment that one of its gates keeps out: the one place where that is asked. Who has
 * a terminal here can write to the registry's database in any case; what acts of itself never overrides.
 */
export const mayOverride = (_who: string): boolean => true;
