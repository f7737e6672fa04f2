/**
 * For the environment of a process that a test starts: what Node has compiled of the packages and sources for an earlier
 * one. Half of what a process does until it is up is that. `vitest.config.ts` says where it is.
 */
export const COMPILED: Readonly<Record<string, string>> = {
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '',
};
