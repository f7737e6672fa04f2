import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/**
 * JSON lines in small files, one file a group. What is taken away is gone from the disk at once, because its file is
 * written anew: a store that only grew would keep what people were promised to be forgotten.
 */
export interface KeptLines {
  append(group: string, line: object): void;
  /** Replaces all lines of a group; without lines its file goes. */
  rewrite(group: string, lines: readonly object[]): void;
  /** All lines of all groups, those of a group in their order. A line that a crash cut short is left out. */
  load(): unknown[];
  clear(): void;
}

export function keepLines(folder: string | undefined): KeptLines {
  if (folder === undefined) {
    return { append: () => undefined, rewrite: () => undefined, load: () => [], clear: () => undefined };
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fileOf = (group: string) =>
    join(folder, `${createHash('sha256').update(group).digest('hex').slice(0, 40)}.jsonl`);
  const text = (lines: readonly object[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const files = () => readdirSync(folder).filter((name) => name.endsWith('.jsonl'));

  return {
    append: (group, line) => appendFileSync(fileOf(group), text([line]), { mode: 0o600 }),
    rewrite(group, lines) {
      const file = fileOf(group);
      if (lines.length === 0) return rmSync(file, { force: true });
      writeFileSync(`${file}.new`, text(lines), { mode: 0o600 });
      renameSync(`${file}.new`, file);
    },
    load: () =>
      files().flatMap((name) => {
        const file = join(folder, name);
        const whole = readFileSync(file, 'utf8');
        const complete = whole.slice(0, whole.lastIndexOf('\n') + 1);
        // What follows would otherwise be written behind the torn line.
        if (complete.length < whole.length) writeFileSync(file, complete, { mode: 0o600 });
        return complete
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line) as unknown);
      }),
    clear() {
      for (const name of files()) rmSync(join(folder, name), { force: true });
    },
  };
}
