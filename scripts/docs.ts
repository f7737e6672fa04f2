import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failuresPage } from './docs/failures-page.ts';

/** `npm run docs`: writes the pages of `docs/` that are made from tables of the code. A unit test compares them. */
await writeFile(join(import.meta.dirname, '../docs/failures.md'), failuresPage());
