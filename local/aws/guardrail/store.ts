import { randomInt } from 'node:crypto';
import { awsError } from '../aws-error.ts';
import type { GuardrailConfig } from './model.ts';

/** Guardrails and their numbered versions, as long as the stand-in lives. */

export interface Guardrail {
  readonly id: string;
  readonly arn: string;
  /** DRAFT, or a number. */
  readonly version: string;
  readonly config: GuardrailConfig;
  /** Epoch milliseconds. */
  readonly createdMs: number;
  readonly updatedMs: number;
}

interface Kept {
  draft: Guardrail;
  versions: Guardrail[];
  /** Numbers are not given twice, also when a version was deleted. */
  lastNumber: number;
  readonly token: string | undefined;
}

export interface StoreDeps {
  readonly accountId: string;
  readonly region: string;
  readonly now: () => number;
}

export type GuardrailStore = ReturnType<typeof createGuardrailStore>;

const ID_LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const newId = () => Array.from({ length: 12 }, () => ID_LETTERS[randomInt(ID_LETTERS.length)]).join('');

export function createGuardrailStore({ accountId, region, now }: StoreDeps) {
  const all = new Map<string, Kept>();
  const arnOf = (id: string) => `arn:aws:bedrock:${region}:${accountId}:guardrail/${id}`;
  const missing = (what: string) =>
    awsError(
      404,
      'ResourceNotFoundException',
      `The guardrail identifier or version provided in the request does not exist: ${what}`,
    );

  /** By id or ARN. Throws ResourceNotFoundException. */
  function find(identifier: string): Kept {
    const id = identifier.startsWith('arn:') ? identifier.slice(identifier.lastIndexOf('/') + 1) : identifier;
    const kept = all.get(id);
    if (!kept || (identifier.startsWith('arn:') && identifier !== kept.draft.arn)) throw missing(identifier);
    return kept;
  }

  return {
    /** `ageMs`: how long it has been there. */
    add(config: GuardrailConfig, token?: string, id = newId(), ageMs = 0): Guardrail {
      const at = now() - ageMs;
      const draft = { id, arn: arnOf(id), version: 'DRAFT', config, createdMs: at, updatedMs: at };
      all.set(id, { draft, versions: [], lastNumber: 0, token });
      return draft;
    },
    byToken: (token: string) => [...all.values()].find((kept) => kept.token === token)?.draft,
    byName: (name: string) => [...all.values()].find(({ draft }) => draft.config.name === name)?.draft,
    count: () => all.size,
    update(identifier: string, config: GuardrailConfig): Guardrail {
      const kept = find(identifier);
      kept.draft = { ...kept.draft, config, updatedMs: now() };
      return kept.draft;
    },
    /** Takes a copy of the draft under the next number. */
    addVersion(identifier: string, description: string | undefined, ageMs = 0): Guardrail {
      const kept = find(identifier);
      kept.lastNumber += 1;
      const at = now() - ageMs;
      const version: Guardrail = {
        ...kept.draft,
        version: String(kept.lastNumber),
        config: { ...kept.draft.config, ...(description === undefined ? {} : { description }) },
        createdMs: at,
        updatedMs: at,
      };
      kept.versions.push(version);
      return version;
    },
    get(identifier: string, version = 'DRAFT'): Guardrail {
      const kept = find(identifier);
      const found = [kept.draft, ...kept.versions].find((each) => each.version === version);
      if (!found) throw missing(`${identifier} ${version}`);
      return found;
    },
    /** All drafts, or the draft and every version of one. */
    list(identifier?: string): Guardrail[] {
      if (identifier === undefined) return [...all.values()].map(({ draft }) => draft);
      const { draft, versions } = find(identifier);
      return [draft, ...versions];
    },
    remove(identifier: string, version?: string): void {
      const kept = find(identifier);
      if (version === undefined) {
        all.delete(kept.draft.id);
        return;
      }
      if (!kept.versions.some((each) => each.version === version)) throw missing(`${identifier} ${version}`);
      kept.versions = kept.versions.filter((each) => each.version !== version);
    },
    clear: () => all.clear(),
  };
}
