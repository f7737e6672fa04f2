import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser';
import config from '../../.dependency-cruiser.ts';
import { listFiles } from './list-files.ts';

const FOLDERS = ['src', 'agent-runtime', 'local', 'scripts', 'infra', 'bench', 'test'];

/**
 * Holds the import rules of `.dependency-cruiser.ts` on a tree. Returns one line a violation, beginning with the
 * rule's name. A cruise that saw no module, or missed a file of src, is a failure too: a parser that does not
 * understand the files reports no violations either.
 */
export async function checkImportRules(root: string, override: ICruiseOptions = {}): Promise<string[]> {
  const folders = FOLDERS.filter((folder) => existsSync(join(root, folder)));
  const { forbidden, options } = config;
  const { enhancedResolveOptions, ...cruiseOptions } = options;
  const { output } = await cruise(
    folders,
    {
      ...cruiseOptions,
      ...override,
      baseDir: root,
      validate: true,
      ruleSet: { forbidden },
    },
    enhancedResolveOptions,
  );
  const result = output as ICruiseResult;
  return [...violationsOf(result), ...unseenFiles(result, root)];
}

const violationsOf = (result: ICruiseResult): string[] =>
  result.summary.violations.map(({ rule, from, to, cycle }) => {
    const path = cycle ? cycle.map((step) => step.name).join(' → ') : to;
    return `${rule.name}: ${from} → ${path}`;
  });

/** Files of src that the cruise did not parse; a lone message when it saw nothing at all. */
function unseenFiles(result: ICruiseResult, root: string): string[] {
  const seen = new Set(result.modules.map((module) => module.source));
  const expected = listFiles(join(root, 'src'), '.ts').map((file) => `src/${file}`);
  if (seen.size === 0 || expected.length === 0) {
    return ['cruise-saw-nothing: 0 modules; is @swc/core installed, and is this the repository root?'];
  }
  const unseen = expected.filter((file) => !seen.has(file)).map((file) => `cruise-missed-a-file: ${file}`);
  const dependencies = result.modules.reduce((sum, module) => sum + module.dependencies.length, 0);
  return dependencies === 0
    ? ['cruise-saw-nothing: modules, but no import in any of them', ...unseen]
    : unseen;
}
