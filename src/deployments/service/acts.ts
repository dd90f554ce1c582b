/** What may be done to the registry through a service, as at a terminal that has its database; who asks is who signs. */
import { checkModel } from '../../access/doorkeeper.ts';
import type { AskedKey } from '../../access/key.ts';
import type { Pass } from '../../access/pass.ts';
import { fail, show } from '../../core/errors.ts';
import type { Act, Acts, AskedAct } from '../../modes/service/acts.ts';
import { parseRef } from '../../registry/ref.ts';
import type { Resources } from '../../resources/resources.ts';
import type { RolloutSigned } from '../../serving/rollouts/rollouts.ts';
import type { RolloutControl } from '../rollouts/control.ts';
import type { StartRollout } from '../rollouts/plan.ts';

const textIn = (asked: AskedAct, name: string): string | undefined => {
  const text = asked[name];
  if (text === undefined || text === null || text === '') return undefined;
  if (typeof text === 'string' && text.length <= 1000) return text;
  throw fail('BAD_REQUEST', `${name} is not a text.`, { field: name, expected: 'a text', got: show(text) });
};

const needed = (asked: AskedAct, name: string): string => {
  const text = textIn(asked, name);
  if (text !== undefined) return text;
  throw fail('BAD_REQUEST', `${name} is missing.`, { field: name, expected: 'a text', got: 'nothing' });
};

/** A reference to the registry, of a model that whoever asks may touch; paths are this machine's own. @throws BAD_REQUEST, FORBIDDEN */
const refIn = (asked: AskedAct, by: Pass): string => {
  const text = needed(asked, 'ref');
  const ref = parseRef(text);
  if (ref.kind === 'path') throw fail('BAD_REQUEST', 'Files of a service are its own.', { expected: 'name@version' });
  checkModel(by, ref.name);
  return text;
};

/** Keys and rollouts are for those who may touch every model: they could make a key for others. @throws FORBIDDEN */
const checkAll = ({ principal: { models } }: Pass): void => {
  if (models.includes('*')) return;
  throw fail('FORBIDDEN', 'This takes a key for all models.', { expected: '*', got: models.join(', ').slice(0, 200) });
};

const keyActs = ({ keys }: Pick<Resources, 'keys'>): Acts => ({
  'keys/create': async (asked, by) => {
    checkAll(by);
    return (await keys()).create({ ...(asked as Partial<AskedKey>), role: needed(asked, 'role') }, by.principal.name);
  },
  'keys/list': async (_, by) => {
    checkAll(by);
    return { keys: await (await keys()).list() };
  },
  'keys/revoke': async (asked, by) => {
    checkAll(by);
    return (await keys()).revoke(needed(asked, 'id'), by.principal.name);
  },
});

const registryActs = (resources: Resources): Acts => {
  const promoting = () => import('../../resources/promote.ts');
  const named = (asked: AskedAct, by: Pass): string => {
    const name = needed(asked, 'name');
    checkModel(by, name);
    return name;
  };
  return {
    async promote(asked, by) {
      const signed = { why: textIn(asked, 'why'), who: by.principal.name };
      const move = { to: needed(asked, 'to'), override: asked.override === true, ...signed };
      return (await promoting()).promoteProven(resources, refIn(asked, by), move);
    },
    async gates(asked, by) {
      return (await promoting()).askGates(resources, refIn(asked, by), { to: needed(asked, 'to') });
    },
    async rollback(asked, by) {
      const [name, env, why] = [named(asked, by), needed(asked, 'env'), textIn(asked, 'why')];
      return (await resources.lookup()).rollback({ name, env, who: by.principal.name, ...(why && { why }) });
    },
    async approve(asked, by) {
      const registry = await resources.lookup();
      const { name, version } = await registry.resolve(refIn(asked, by));
      const [environment, why] = [needed(asked, 'environment'), textIn(asked, 'why')];
      const of = { name, version, environment };
      const approval = await registry.approve({ ...of, who: by.principal.name, ...(why && { why }) });
      return { ...approval, approvedBy: [...new Set((await registry.approvals(of)).map(({ who }) => who))] };
    },
  };
};

const rolloutActs = (resources: Resources): Acts => {
  const moving =
    (
      move: (control: RolloutControl, deployment: string, asked: AskedAct, signed: RolloutSigned) => Promise<unknown>,
    ): Act =>
    async (asked, by) => {
      checkAll(by);
      const { openControl } = await import('../rollouts/control.ts');
      const signed = { who: by.principal.name, why: textIn(asked, 'why') };
      return move(openControl(resources), needed(asked, 'deployment'), asked, signed);
    };
  return {
    'rollout/start': moving((control, deployment, asked, signed) => {
      const candidate = needed(asked, 'candidate');
      if (parseRef(candidate).kind === 'path') throw fail('BAD_REQUEST', 'Files of a service are its own.');
      const { compare, tolerate } = asked as Partial<StartRollout>;
      const plan = { candidate, steps: textIn(asked, 'steps'), unit: textIn(asked, 'unit'), compare, tolerate };
      return control.start(deployment, plan, signed);
    }),
    'rollout/pause': moving((control, deployment, _, signed) => control.pause(deployment, signed)),
    'rollout/resume': moving((control, deployment, _, signed) => control.resume(deployment, signed)),
    'rollout/abort': moving((control, deployment, _, signed) => control.abort(deployment, signed)),
    'rollout/finish': moving((control, deployment, _, signed) => control.finish(deployment, signed)),
  };
};

export const actsOf = (resources: Resources): Acts => ({
  ...keyActs(resources),
  ...registryActs(resources),
  ...rolloutActs(resources),
});
