import type { Field } from '../../src/core/types.ts';

export const number: Field = { kind: 'number', nullable: true };
export const text: Field = { kind: 'text', nullable: true };
export const flag: Field = { kind: 'boolean', nullable: true };
export const time: Field = { kind: 'datetime', nullable: true };
