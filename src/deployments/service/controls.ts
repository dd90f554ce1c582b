/** What callers have taken in and out of service, so that members who come later are as the others are. */
import type { Member } from './member.ts';
import type { Control } from './messages.ts';

export interface Controls {
  /** Those that make a new member as the others are; another list after each change. */
  readonly all: readonly Control[];
  /** Applies one to all of these members, and keeps it. @throws what a member answers */
  apply(control: Control, members: readonly Member[]): Promise<void>;
  /** Tells a member, which has started with `since`, what has changed meanwhile. */
  catchUp(member: Member, since: readonly Control[]): Promise<void>;
}

const isOf = (one: Extract<Control, { unload: string }>, control: Control): boolean =>
  'load' in control ? one.unload === control.load : one.unload === control.unload && one.version === control.version;

/** What is loaded again need not be taken out first. */
const remember = (controls: readonly Control[], control: Control): readonly Control[] => {
  const others = controls.filter((one) => !('unload' in one) || !isOf(one, control));
  return 'unload' in control ? [...others, control] : others;
};

export const createControls = (): Controls => {
  let all: readonly Control[] = [];
  return {
    get all() {
      return all;
    },
    async apply(control, members) {
      const outcomes = await Promise.allSettled(members.map((member) => member.ask('apply', [control])));
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed) throw failed.reason;
      all = remember(all, control);
    },
    async catchUp(member, since) {
      const apply = (control: Control) => member.ask('apply', [control]).catch(() => undefined);
      for (let known = since; known !== all; ) {
        const now = all;
        for (const control of known) {
          if (!now.includes(control) && 'unload' in control) await apply({ load: control.unload });
        }
        for (const control of now) if (!known.includes(control)) await apply(control);
        known = now;
      }
    },
  };
};
