import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type Code, MillraceError } from '../../../src/core/errors.ts';
import { tempFolder } from '../../temp-folder.ts';
import { createProject, type ProjectOptions, type TestProject, trips } from './project.ts';

export const projectIn = (t: TestContext, options: Omit<ProjectOptions, 'folder'> = {}): Promise<TestProject> =>
  createProject({ folder: tempFolder(t), ...options });

export const refused =
  (code: Code, ...parts: readonly (string | RegExp)[]) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof MillraceError, String(error));
    assert.equal(error.code, code, error.message);
    for (const part of parts) {
      if (typeof part === 'string') assert.ok(error.message.includes(part), `${error.message}\nlacks: ${part}`);
      else assert.match(error.message, part);
    }
    return true;
  };

/** Rows that the model refuses: every `step`th, from the first. */
export const withBad = (count: number, step: number) =>
  trips(count).map((trip, index) => (index % step === 0 ? { ...trip, f0: -1000 } : trip));
