import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

// `npm ci` refuses a lock file that lacks an optional package, and npm leaves out those that a registry does not offer
// at the time: then the two commands of the README fail on every machine, not only on the platform in question.
interface Entry {
  readonly version?: string;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, '..', '..');
const read = (name: string) => JSON.parse(readFileSync(join(root, name), 'utf8')) as Record<string, unknown>;
const packages = read('package-lock.json').packages as Record<string, Entry>;

/** The folders in which Node looks for a package, from the inside out. */
function* placesFrom(location: string): Generator<string> {
  for (let at = location; at !== ''; at = at.replace(/\/?(node_modules\/(@[^/]+\/)?)?[^/]+$/, ''))
    yield `${at}/`;
  yield '';
}

test('the lock file has an entry for every optional package, whatever the platform', () => {
  const missing = Object.entries(packages).flatMap(([location, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => ![...placesFrom(location)].some((place) => packages[`${place}node_modules/${name}`]),
    ),
  );
  expect(missing).toEqual([]);
});

test('every version in package.json is exact', () => {
  for (const file of ['package.json', 'agent-runtime/package.json']) {
    const { dependencies = {}, devDependencies = {} } = read(file) as Record<string, Record<string, string>>;
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, range]) => !/^\d[\w.+-]*$/.test(range),
    );
    expect(loose).toEqual([]);
  }
});

test('about every package with an install script it was decided whether the script may run', () => {
  const allowed = read('package.json').allowScripts as Record<string, boolean>;
  const undecided = Object.entries(packages)
    .filter(([, entry]) => entry.hasInstallScript)
    .map(([location]) => location.replace(/^.*node_modules\//, ''))
    .filter((name) => !(name in allowed));
  expect(undecided).toEqual([]);
});
